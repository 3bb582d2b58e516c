import { useState } from 'preact/hooks';

export type Theme = 'light' | 'dark';

/** The theme in use, and how to choose the other one. */
export function useTheme(): [Theme, () => void] {
  const [theme, setTheme] = useState<Theme>(currentTheme);
  const toggle = () => {
    const other = theme === 'light' ? 'dark' : 'light';
    document.documentElement.dataset.theme = other;
    try {
      localStorage.setItem('adl:theme', other);
    } catch {
      // Then the choice lasts until the page is left.
    }
    setTheme(other);
  };
  return [theme, toggle];
}

function currentTheme(): Theme {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}
