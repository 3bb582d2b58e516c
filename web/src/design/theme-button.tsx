import { useTexts } from '../texts/texts.tsx';
import { Button } from './button.tsx';
import { useTheme } from './theme.ts';

export function ThemeButton() {
  const t = useTexts();
  const [theme, toggle] = useTheme();
  return (
    <Button
      look="bare"
      isCompact
      icon={theme === 'light' ? 'moon' : 'sun'}
      label={theme === 'light' ? t.darkTheme : t.lightTheme}
      onClick={toggle}
    />
  );
}
