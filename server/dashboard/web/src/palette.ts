// Colours. Parts of the model: the palette of Okabe and Ito, made for colour-blind readers, a little
// darker on white. Heat: mako and inferno, whose lightness rises or falls evenly.
import type { Part } from "./api";

export type Theme = "light" | "dark";

const HEAT: Record<Theme, string[]> = {
  light: ["#f3faf6", "#c9eccf", "#8bdab2", "#4cc3ad", "#37a5ac", "#3487a6", "#38689f", "#403f7e", "#33285a", "#150f1d"],
  dark: ["#171a20", "#221149", "#4a0c6b", "#781c6d", "#a52c60", "#cf4446", "#ed6925", "#fb9b06", "#f7d13d", "#fcffa4"],
};

export const PARTS: Record<Theme, Record<Part, string>> = {
  light: {
    attention: "#2b7bba",
    mlp: "#d9822b",
    norm: "#1f9e77",
    head: "#b65f94",
    sample: "#b59a00",
    step: "#c3cad2",
    other: "#8b949e",
  },
  dark: {
    attention: "#56b4e9",
    mlp: "#e69f00",
    norm: "#2cb58a",
    head: "#d98cb6",
    sample: "#e8dc4a",
    step: "#39414b",
    other: "#7d8590",
  },
};

const channels = (hex: string) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

// 256 colours from low to high.
export function heatColours(theme: Theme): string[] {
  const stops = HEAT[theme].map(channels);
  return Array.from({ length: 256 }, (_, i) => {
    const at = (i / 255) * (stops.length - 1);
    const low = stops[Math.floor(at)]!;
    const high = stops[Math.min(stops.length - 1, Math.floor(at) + 1)]!;
    const mix = low.map((c, k) => Math.round(c + (high[k]! - c) * (at % 1)));
    return `rgb(${mix.join(" ")})`;
  });
}
