"use strict";
(() => {
  const table = document.querySelector(".leave");
  const show = (place, text, kind) => {
    place.textContent = text;
    place.className = `now ${kind}`;
    place.hidden = !text;
  };
  const mark = () => {
    const now = Date.now() / 1000;
    // A clock that is slow by so much tells nothing.
    if (now < Number(table.dataset.made) - 3600) return;
    for (const row of document.querySelectorAll("[data-steps]")) {
      let held = "";
      for (const step of row.dataset.steps.split(" ")) {
        const [at, kind] = step.split("=");
        if (Number(at) <= now) held = kind;
      }
      show(row.querySelector(".now"), held ? table.dataset[held] || "" : "", held);
    }
    for (const sign of document.querySelectorAll("[data-until]")) {
      const over = Number(sign.dataset.until) <= now;
      show(sign.querySelector(".now"), over ? `Still there? ${sign.dataset.over}.` : "", "ask");
    }
    const asOf = document.getElementById("as-of");
    asOf.textContent = `${asOf.dataset.words} ${new Date().toLocaleString("en-GB", {
      weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
    })}, by the clock of this device.`;
    asOf.hidden = false;
  };
  mark();
  setInterval(mark, 20000);
  document.addEventListener("visibilitychange", mark);
})();
