-- Rules: {rules}.
-- Where somebody stands after mesotherapy: what the rules say of each activity at an instant.
-- It informs and never replaces the practitioner.
--
-- Bring two tables:
--   patients (patient_id, treated_earliest TIMESTAMPTZ, treated_latest TIMESTAMPTZ, type, tz)
--     The two are equal where the time is known. For a day without a time they are its first
--     instant and the first of the next; neither lies after the instant asked about.
--   asked (instant TIMESTAMPTZ): one row.
-- Then: SELECT * FROM mesocare_verdicts;
--
-- Hours elapse. Days end at the same clock time in the row's own zone; where that day has the clock
-- time twice, at the later one; where it leaves it out, as much later as the clocks were put forward.
-- For a treatment whose time is not known, around a change of clocks, a window may end later here
-- than mesocare says, by as much as the clocks changed; it never ends earlier.
--
-- Written for DuckDB and tested there. PostgreSQL has MAKE_INTERVAL(hours => n) for TO_HOURS(n) and
-- MAKE_INTERVAL(days => n) for TO_DAYS(n); nobody has tested it there.

CREATE TABLE mesocare_phases (
  treatment_type VARCHAR, activity VARCHAR, phase INTEGER,
  from_count INTEGER, from_unit VARCHAR, until_count INTEGER, until_unit VARCHAR,
  verdict VARCHAR, condition_id VARCHAR, condition VARCHAR, reason VARCHAR, evidence VARCHAR
);
INSERT INTO mesocare_phases VALUES
{phases};

CREATE TABLE mesocare_members (
  treatment_type VARCHAR, activity VARCHAR, item VARCHAR, headline BOOLEAN, softens BOOLEAN
);
INSERT INTO mesocare_members VALUES
{members};

CREATE VIEW mesocare_verdicts AS
WITH treated AS (
  SELECT patient_id, treated_earliest AS earliest, treated_latest AS latest, type, tz, instant,
    timezone(tz, treated_earliest) AS wall_earliest,
    -- Clocks put back in between have shown a later time than they do at the end.
    timezone(tz, treated_latest) + GREATEST(
      INTERVAL '0 hours',
      (timezone(tz, treated_earliest) - timezone('UTC', treated_earliest))
      - (timezone(tz, treated_latest) - timezone('UTC', treated_latest))
    ) AS wall_latest
  FROM patients CROSS JOIN asked
),
walls AS (
  SELECT t.*, p.activity, p.phase, p.verdict, p.until_count, p.until_unit,
    wall_earliest + TO_DAYS(p.until_count) AS end_earliest,
    wall_latest + TO_DAYS(p.until_count) AS end_latest
  FROM treated AS t JOIN mesocare_phases AS p ON p.treatment_type = t.type
),
-- Of a clock time that comes twice, the later instant: clocks are put back by half an hour, one
-- hour, two or three.
ends AS (
  SELECT w.*,
    (SELECT MAX(c) FROM (VALUES (0), (30), (60), (120), (180)) AS later(minutes),
      LATERAL (SELECT timezone(tz, end_earliest) + TO_MINUTES(minutes) AS c)
      WHERE minutes = 0 OR timezone(tz, c) = end_earliest) AS close_earliest,
    (SELECT MAX(c) FROM (VALUES (0), (30), (60), (120), (180)) AS later(minutes),
      LATERAL (SELECT timezone(tz, end_latest) + TO_MINUTES(minutes) AS c)
      WHERE minutes = 0 OR timezone(tz, c) = end_latest) AS close_latest
  FROM walls AS w
),
windows AS (
  SELECT patient_id, activity, type, phase, verdict, instant,
    CASE until_unit
      WHEN 'h' THEN earliest + TO_HOURS(until_count)
      WHEN 'd' THEN close_earliest
    END AS ends_if_earliest,
    CASE
      WHEN until_unit = 'h' THEN latest + TO_HOURS(until_count)
      WHEN until_unit = 'd' AND earliest = latest THEN close_earliest
      -- Clocks put forward on the closing day move the times they skip beyond those that follow.
      WHEN until_unit = 'd' THEN close_latest + GREATEST(
        INTERVAL '0 hours',
        (timezone(tz, close_latest) - timezone('UTC', close_latest))
        - (timezone(tz, close_earliest - INTERVAL '3 hours')
          - timezone('UTC', close_earliest - INTERVAL '3 hours'))
      )
    END AS ends_if_latest
  FROM ends
),
-- The phases that any possible time of treatment puts the instant in.
possible AS (
  SELECT patient_id, activity, type,
    MIN(phase) FILTER (WHERE ends_if_latest IS NULL OR instant < ends_if_latest) AS first_phase,
    MIN(phase) FILTER (WHERE ends_if_earliest IS NULL OR instant < ends_if_earliest) AS last_phase
  FROM windows GROUP BY patient_id, activity, type
),
items AS (
  SELECT p.patient_id, p.activity, p.type,
    MAX(CASE r.verdict WHEN 'allowed' THEN 0 WHEN 'limited' THEN 1 WHEN 'ask' THEN 2 ELSE 3 END)
      AS severity
  FROM possible AS p JOIN mesocare_phases AS r
    ON r.treatment_type = p.type AND r.activity = p.activity
    AND r.phase BETWEEN LEAST(p.first_phase, p.last_phase) AND p.last_phase
  GROUP BY p.patient_id, p.activity, p.type
),
-- A group has its headline's verdict; to be avoided, but with an item that is fine, it is limited.
all_activities AS (
  SELECT patient_id, activity, severity FROM items
  UNION ALL
  SELECT i.patient_id, m.activity,
    CASE
      WHEN MAX(CASE WHEN m.headline THEN i.severity END) = 3
        AND MIN(CASE WHEN m.softens THEN i.severity END) = 0 THEN 1
      ELSE MAX(CASE WHEN m.headline THEN i.severity END)
    END
  FROM items AS i JOIN mesocare_members AS m
    ON m.treatment_type = i.type AND m.item = i.activity
  GROUP BY i.patient_id, m.activity
)
SELECT patient_id, activity,
  CASE severity WHEN 0 THEN 'allowed' WHEN 1 THEN 'limited' WHEN 2 THEN 'ask' ELSE 'avoid' END
    AS verdict
FROM all_activities;
