// Numbers as people read them.

const digits = (value: number) => (value >= 100 ? 0 : value >= 10 ? 1 : 2);

export function duration(ns: number): string {
  if (ns < 1e3) return `${Math.round(ns)} ns`;
  if (ns < 1e6) return `${(ns / 1e3).toFixed(digits(ns / 1e3))} µs`;
  if (ns < 1e9) return `${(ns / 1e6).toFixed(digits(ns / 1e6))} ms`;
  return `${(ns / 1e9).toFixed(digits(ns / 1e9))} s`;
}

export function bytes(n: number): string {
  if (n < 1e6) return `${(n / 1e3).toFixed(0)} kB`;
  if (n < 1e9) return `${(n / 1e6).toFixed(0)} MB`;
  return `${(n / 1e9).toFixed(2)} GB`;
}

export const figure = (n: number) => (n < 9.995 ? n.toFixed(2) : n < 99.95 ? n.toFixed(1) : count(n));
export const count = (n: number) => Math.round(n).toLocaleString("en");
export const percent = (share: number) =>
  share > 0 && share < 0.0995 ? `${(share * 100).toFixed(1)} %` : `${Math.round(share * 100)} %`;
export const plural = (n: number, word: string) => `${count(n)} ${word}${n === 1 ? "" : "s"}`;
const compact = new Intl.NumberFormat("en", { notation: "compact" });
export const short = (n: number) => compact.format(n);
