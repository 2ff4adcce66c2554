/* Strikes a process at its n-th call that changes a file, by what FAULT_KIND says:
   kill, or the error eio or enospc, or a short write and the error after it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static long calls = 0, at = -2;
static const char *kind = "", *below = "";

static void init(void) {
    if (at != -2) return;
    const char *text = getenv("FAULT_AT");
    at = text ? atol(text) : -1;
    kind = getenv("FAULT_KIND") ? getenv("FAULT_KIND") : "";
    below = getenv("FAULT_BELOW") ? getenv("FAULT_BELOW") : "/nowhere";
}

static int ours(int fd) {
    char name[64], path[4096];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(name, path, sizeof path - 1);
    if (n < 0) return 0;
    path[n] = 0;
    return strncmp(path, below, strlen(below)) == 0;
}

/* Whether this call is struck; once it was, every later one fails as well: a disk stays full. */
static int struck(void) {
    calls++;
    if (at < 0 || calls < at) return 0;
    if (calls == at && strcmp(kind, "kill") == 0) kill(getpid(), SIGKILL);
    if (strcmp(kind, "kill") == 0) return 0;
    if (strcmp(kind, "eio") == 0 && calls > at) return 0;
    errno = strcmp(kind, "eio") == 0 ? EIO : ENOSPC;
    return 1;
}

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__) = 0; \
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, name); \
    init();

ssize_t write(int fd, const void *data, size_t size) {
    REAL(ssize_t, "write", int, const void *, size_t)
    if (ours(fd) && struck()) {
        if (strcmp(kind, "short") == 0 && size > 1 && calls == at) return real(fd, data, size / 2);
        return -1;
    }
    return real(fd, data, size);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t where) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t)
    if (ours(fd) && struck()) {
        if (strcmp(kind, "short") == 0 && size > 1 && calls == at)
            return real(fd, data, size / 2, where);
        return -1;
    }
    return real(fd, data, size, where);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t where) {
    return pwrite64(fd, data, size, where);
}

int fsync(int fd) {
    REAL(int, "fsync", int)
    return ours(fd) && struck() ? -1 : real(fd);
}

int fdatasync(int fd) {
    REAL(int, "fdatasync", int)
    return ours(fd) && struck() ? -1 : real(fd);
}

int ftruncate64(int fd, off64_t size) {
    REAL(int, "ftruncate64", int, off64_t)
    return ours(fd) && struck() ? -1 : real(fd, size);
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

static int named(const char *path) { return strncmp(path, below, strlen(below)) == 0; }

int rename(const char *from, const char *to) {
    REAL(int, "rename", const char *, const char *)
    return named(to) && struck() ? -1 : real(from, to);
}

int unlink(const char *path) {
    REAL(int, "unlink", const char *)
    if (strcmp(kind, "enospc") == 0 || strcmp(kind, "short") == 0) return real(path); /* frees */
    return named(path) && struck() ? -1 : real(path);
}

int link(const char *from, const char *to) {
    REAL(int, "link", const char *, const char *)
    return named(to) && struck() ? -1 : real(from, to);
}

int mkdir(const char *path, mode_t mode) {
    REAL(int, "mkdir", const char *, mode_t)
    return named(path) && struck() ? -1 : real(path, mode);
}

static int making(int flags) { return flags & (O_CREAT | O_WRONLY | O_RDWR); }

int open64(const char *path, int flags, ...) {
    REAL(int, "open64", const char *, int, ...)
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return making(flags) && named(path) && struck() ? -1 : real(path, flags, mode);
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return open64(path, flags, mode);
}

__attribute__((destructor)) static void told(void) {}

/* How many calls there were, for whoever asks: a process that ends by _exit tells no destructor. */
void _exit(int code) {
    REAL(void, "_exit", int)
    const char *file = getenv("FAULT_COUNT");
    if (file) {
        at = -1;
        FILE *out = fopen(file, "w");
        if (out) { fprintf(out, "%ld", calls); fclose(out); }
    }
    real(code);
    __builtin_unreachable();
}
