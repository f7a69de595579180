// Scales: values to places from 0 to 1, and to words, as scale.go and the package format have them.
const grouped = text => text.replace(/^-?\d{5,}/, whole => whole.replace(/\B(?=(\d{3})+$)/g, " "));
const fixed = (x, decimals) => grouped(x.toFixed(decimals));
const decimal = (x, step) => x === 0 ? "0" : fixed(x, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
const millis = ms => ms === 0 ? "0" : ms < 0.9995 ? ms.toFixed(3) : ms < 9.995 ? ms.toFixed(2) : ms < 99.95 ? ms.toFixed(1) : fixed(ms, 0);
const percent = p => p === 0 || p === 100 ? p + "%" : p < 0.05 ? "<0.1%" : p > 99.95 ? ">99.9%" : p.toFixed(1) + "%";
const two = n => String(n).padStart(2, "0");

// hour is a moment of an axis until end, with ticks so far apart; all in milliseconds.
const hour = (ms, end, step) => {
  const s = Math.floor(ms / 1000);
  if (step < 1000) return decimal(ms / 1000, step / 1000) + " s";
  if (end < 120e3) return s + " s";
  if (end < 7200e3) return Math.floor(s / 60) + ":" + two(s % 60);
  return Math.floor(s / 3600) + ":" + two(Math.floor(s / 60) % 60) + ":" + two(s % 60);
};

// words are a value with its unit.
const words = (v, unit) => {
  switch (unit) {
    case "ms": return millis(v) + " ms";
    case "%": return percent(v);
    case "/s": return fixed(v, 1) + "/s";
    case "nines": {
      const share = 100 - 100 * 10 ** -v;
      return "p" + +share.toFixed(Math.max(1, Math.ceil(v)));
    }
  }
  return fixed(v, v % 1 ? 1 : 0) + " " + unit;
};

// axis makes a scale. place is 0 to 1 within its ends, and at is kept there.
const axis = (from, to, log, ticks) => {
  const f = log ? v => Math.log(Math.max(v, from)) : v => v;
  const low = f(from), high = f(to);
  const place = v => high === low ? 0 : (f(v) - low) / (high - low);
  return { from, to, ticks, place, at: v => Math.min(1, Math.max(0, place(v))) };
};

const niceStep = x => {
  if (!(x > 0) || !isFinite(x)) return 1;
  const unit = 10 ** Math.floor(Math.log10(x));
  return unit * ([1, 2, 5].find(m => m * unit >= x * (1 - 1e-9)) ?? 10);
};

const fromZero = (most, least, n) => {
  const step = Math.max(least ?? 0, niceStep(most / n)), to = Math.max(step, step * Math.ceil(most / step - 1e-9)), ticks = [];
  for (let i = 0; i * step <= to + step / 2; i++) ticks.push([i * step, decimal(i * step, step)]);
  return axis(0, to, false, ticks);
};

const logarithmic = (least, most, rounded) => {
  const values = [];
  for (let e = Math.floor(Math.log10(least)); e <= Math.ceil(Math.log10(most)); e++) for (const m of [1, 2, 5]) values.push(+(m + "e" + e));
  let first = 0, last = values.length - 1;
  while (first + 1 < values.length && values[first + 1] <= least * (1 + 1e-9)) first++;
  while (last - 1 > first && values[last - 1] >= most * (1 - 1e-9)) last--;
  const from = rounded ? values[first] : least, to = rounded ? values[last] : Math.max(most, least * 1.01), ticks = [];
  for (let i = first; i <= last; i++) {
    const v = values[i];
    if ((last - first <= 9 || i % 3 === 0) && v >= from * (1 - 1e-9) && v <= to * (1 + 1e-9)) ticks.push([v, grouped(String(v))]);
  }
  return axis(from, to, true, ticks);
};

const moments = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400].map((m, i) => i < 9 ? m : m * 1000);

const clock = (from, to) => {
  let step = moments.find(m => (to - from) / m <= 8) ?? moments.at(-1);
  while ((to - from) / step > 8) step *= 2;
  const ticks = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to; i++) ticks.push([i * step, hour(i * step, to, step)]);
  return axis(from, to, false, ticks);
};

const nines = to => {
  const ticks = [];
  for (let i = 0; i <= to; i++) ticks.push([i, (100 - 100 * 10 ** -i).toFixed(Math.max(0, i - 2)) + "%"]);
  return axis(0, to, false, [...ticks, [Math.log10(2), "50%", true]]);
};
