import { useEffect, useRef, useState } from "preact/hooks";
import type { RefObject } from "preact";
import type { Theme } from "./palette";

// What was chosen before, else what the system prefers, and follows that.
export function useTheme(): [Theme, () => void] {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const [chosen, choose] = useState(() => localStorage.getItem("pincer-theme") as Theme | null);
  const [dark, setDark] = useState(system.matches);
  useEffect(() => {
    const follow = (event: MediaQueryListEvent) => setDark(event.matches);
    system.addEventListener("change", follow);
    return () => system.removeEventListener("change", follow);
  }, []);
  const theme: Theme = chosen ?? (dark ? "dark" : "light");
  document.documentElement.dataset.theme = theme;
  const toggle = () => {
    const next = theme === "dark" ? "light" : "dark";
    localStorage.setItem("pincer-theme", next);
    choose(next);
  };
  return [theme, toggle];
}

export function useWidth<T extends HTMLElement>(): [RefObject<T>, number] {
  const ref = useRef<T>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!ref.current) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

export function useVisible(): boolean {
  const [visible, setVisible] = useState(!document.hidden);
  useEffect(() => {
    const change = () => setVisible(!document.hidden);
    document.addEventListener("visibilitychange", change);
    return () => document.removeEventListener("visibilitychange", change);
  }, []);
  return visible;
}

// Runs `task` again and again, each `period` seconds after the last has ended, while `on`.
export function useLoop(on: boolean, period: number, task: (signal: AbortSignal) => Promise<void>, keys: unknown[]) {
  useEffect(() => {
    if (!on) return;
    const stop = new AbortController();
    (async () => {
      while (!stop.signal.aborted) {
        let wait = period;
        try {
          await task(stop.signal);
        } catch {
          wait = Math.max(2, period); // the state stream says what is wrong
        }
        await new Promise((resolve) => setTimeout(resolve, wait * 1000));
      }
    })();
    return () => stop.abort();
  }, [on, ...keys]);
}
