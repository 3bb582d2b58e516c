import { keepPreviousData, useQuery } from '@tanstack/preact-query';
import { useEffect, useState } from 'preact/hooks';
import type { IconName } from '../../design/icon.tsx';
import { useTheme } from '../../design/theme.ts';
import { useTexts } from '../../texts/texts.tsx';
import { adminClient } from '../admin-client.ts';
import { useConsolePages } from '../console-side.tsx';
import { pauseBefore } from '../search-pause.ts';

type Shown = { key: string; icon: IconName; label: string; hint?: string };
export type Command = Shown & ({ href: string } | { run: () => void });
type Group = { title: string; commands: Command[] };

const shownUsers = 6;

/** What matches the letters, by kind; without letters pages and actions. */
export function useCommands(typed: string): Group[] {
  const t = useTexts().admin.palette;
  const pages = useConsolePages().map((page): Command => ({ key: page.href, ...page }));
  const actions = useActions();
  const users = useFoundUsers(typed.trim());
  const matches = ({ label }: Command) => label.toLowerCase().includes(typed.trim().toLowerCase());
  return [
    { title: t.pages, commands: pages.filter(matches) },
    { title: t.actions, commands: actions.filter(matches) },
    { title: t.users, commands: users },
  ].filter(({ commands }) => commands.length > 0);
}

function useActions(): Command[] {
  const t = useTexts().admin.palette;
  const [, toggleTheme] = useTheme();
  return [
    { key: 'new-user', icon: 'plus', label: t.newUser, href: '/app/admin/users?new=yes' },
    { key: 'theme', icon: 'moon', label: t.theme, run: toggleTheme },
  ];
}

function useFoundUsers(typed: string): Command[] {
  const q = useSettled(typed);
  const { data } = useQuery({
    queryKey: ['admin', 'palette', q],
    queryFn: ({ signal }) =>
      adminClient.call('GET /api/admins/users', { query: { q, page_size: shownUsers }, signal }),
    enabled: q !== '',
    placeholderData: keepPreviousData,
  });
  if (typed === '' || data === undefined) return [];
  return data.items.map((user) => ({
    key: user.id,
    icon: 'user',
    label: user.full_name ?? user.username ?? user.email,
    hint: user.email,
    href: `/app/admin/users/${user.id}`,
  }));
}

/** The value once nothing was typed for a moment. */
function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), pauseBefore(value));
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
