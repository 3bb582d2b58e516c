import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { closedByClickBeside } from '../../design/dialog.tsx';
import { Icon } from '../../design/icon.tsx';
import { useTexts } from '../../texts/texts.tsx';
import { type Command, useCommands } from './commands.ts';

/** Ctrl-K, and ⌘K on a Mac. */
export function usePaletteKey(open: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      open();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

/** Pages, actions and users by a few letters of their name. */
export function CommandPalette({ onClose }: { onClose: () => void }) {
  const t = useTexts().admin.palette;
  const ref = useRef<HTMLDialogElement>(null);
  const { route } = useLocation();
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState(0);
  const id = useId();
  const groups = useCommands(typed);
  const commands = groups.flatMap((group) => group.commands);
  const at = Math.min(chosen, Math.max(0, commands.length - 1));
  // Before the next key, which belongs into the field.
  useLayoutEffect(() => ref.current?.showModal(), []);
  const run = (command: Command | undefined) => {
    if (command === undefined) return;
    ref.current?.close();
    if ('href' in command) route(command.href);
    else command.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Enter') run(commands[at]);
    if (step === undefined || commands.length === 0) return;
    event.preventDefault();
    const next = (at + step + commands.length) % commands.length;
    setChosen(next);
    document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: 'nearest' });
  };
  return (
    <dialog
      ref={ref}
      class="dialog palette"
      aria-label={t.label}
      onClose={onClose}
      {...closedByClickBeside}
    >
      <input
        type="text"
        role="combobox"
        aria-label={t.label}
        aria-expanded="true"
        aria-controls={`${id}-list`}
        aria-activedescendant={commands.length > 0 ? `${id}-${at}` : undefined}
        placeholder={t.placeholder}
        autocomplete="off"
        spellcheck={false}
        value={typed}
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div class="palette-list" id={`${id}-list`} role="listbox" aria-label={t.label} tabIndex={-1}>
        {groups.map(({ title, commands: own }) => (
          // biome-ignore lint/a11y/useSemanticElements: a group of options, which no element is
          <div key={title} role="group" aria-label={title}>
            <p aria-hidden="true">{title}</p>
            {own.map((command) => (
              <Option
                key={command.key}
                id={`${id}-${commands.indexOf(command)}`}
                command={command}
                isChosen={commands[at] === command}
                onChoose={() => run(command)}
              />
            ))}
          </div>
        ))}
      </div>
      {commands.length === 0 && <p class="empty">{t.nothing}</p>}
    </dialog>
  );
}

type OptionProps = { id: string; command: Command; isChosen: boolean; onChoose: () => void };

function Option({ id, command, isChosen, onChoose }: OptionProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys go to the field, which names the chosen one
    <div id={id} role="option" aria-selected={isChosen} tabIndex={-1} onClick={onChoose}>
      <Icon name={command.icon} />
      <span class="clip">{command.label}</span>
      {command.hint !== undefined && <span class="quiet small clip">{command.hint}</span>}
    </div>
  );
}
