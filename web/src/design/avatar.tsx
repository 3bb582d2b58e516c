import { initialsOf } from './initials.ts';

type AvatarProps = { of: Parameters<typeof initialsOf>[0]; isLarge?: boolean };

/**
 * The initials are drawn by the style sheet: as text they would be a second name of what they stand
 * in.
 */
export function Avatar({ of: account, isLarge = false }: AvatarProps) {
  return <span class={isLarge ? 'avatar large' : 'avatar'} data-initials={initialsOf(account)} />;
}
