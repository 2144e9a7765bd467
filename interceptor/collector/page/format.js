// How numbers, times and names are written.

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const whole = new Intl.NumberFormat("en");

export const count = (number) => (number < 10_000 ? whole.format(number) : compact.format(number));

export const exact = (number) => whole.format(number);

/** A number of things. */
export const some = (number, one, many = `${one}s`) => `${exact(number)} ${number === 1 ? one : many}`;

/** A latency; a dash where it is not known. */
export function duration(us) {
  if (us === undefined || us === null) return "–";
  if (us < 1_000) return `${us} µs`;
  if (us < 1_000_000) return `${digits(us / 1_000)} ms`;
  if (us < 120_000_000) return `${digits(us / 1_000_000)} s`;
  return `${digits(us / 60_000_000)} min`;
}

export function bytes(number) {
  if (number === undefined) return "–";
  for (const unit of ["B", "KiB", "MiB", "GiB"]) {
    if (number < 1_024) return `${unit === "B" ? number : digits(number)} ${unit}`;
    number /= 1_024;
  }
  return `${digits(number)} TiB`;
}

export function share(part, all) {
  if (!all || !part) return "0 %";
  const percent = (100 * part) / all;
  return percent < 0.1 ? "< 0.1 %" : `${digits(percent)} %`;
}

/** So many seconds. */
export function period(seconds) {
  if (!seconds) return "0 s";
  if (seconds < 0.1) return "< 0.1 s";
  if (seconds < 120) return `${digits(seconds)} s`;
  return seconds < 7_200 ? `${digits(seconds / 60)} min` : `${count(Math.round(seconds / 3_600))} h`;
}

/** How long ago, in the largest unit that says something. */
export function ago(seconds) {
  if (seconds < 2) return "now";
  for (const [unit, size] of [["d", 86_400], ["h", 3_600], ["min", 60]]) {
    if (seconds >= 2 * size) return `${Math.floor(seconds / size)} ${unit} ago`;
  }
  return `${Math.floor(seconds)} s ago`;
}

/** A place on a time axis that spans so many seconds; `full`: with the day and the time where it spans days. */
export function moment(seconds, span, full = false) {
  const date = new Date(seconds * 1_000);
  if (span > 2 * 86_400 && !full) return date.toLocaleDateString([], { month: "short", day: "numeric" });
  const time = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
  return full && date.toDateString() !== new Date().toDateString() ? `${day(date)} ${time}` : time;
}

const day = (date) => date.toLocaleDateString([], { ...(date.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" }), month: "short", day: "numeric" });

export const date = (seconds) => new Date(seconds * 1_000).toLocaleDateString([], { year: "numeric", month: "short", day: "numeric" });

/** A whole hour. */
export const hour = (seconds) => moment(seconds, 0, true);

/** From when until when; the day only once where it is the same. */
export function span(from, to) {
  const begins = moment(from, 0, true);
  if (to === undefined) return `${begins} until now`;
  const same = new Date(from * 1_000).toDateString() === new Date(to * 1_000).toDateString();
  return `${begins} to ${moment(to, 0, !same)}`;
}

/** How far the browser's zone is from UTC. */
export function offset() {
  const minutes = -new Date().getTimezoneOffset();
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? "−" : "+"}${hours}${rest ? `:${String(rest).padStart(2, "0")}` : ""}`;
}

export function instant(text, full = false) {
  const date = new Date(text);
  const today = date.toDateString() === new Date().toDateString();
  const time = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
  return today && !full ? time : `${date.toLocaleDateString([], { year: "numeric", month: "short", day: "numeric" })} ${time}`;
}

const digits = (number) => (number < 10 ? number.toFixed(1).replace(/\.0$/, "") : String(Math.round(number)));
