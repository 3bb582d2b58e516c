import { useState } from 'preact/hooks';
import { TextField } from '../form/fields.tsx';
import { useSubmit } from '../form/use-submit.ts';
import { NewPasswordField } from '../password-change/new-password-field.tsx';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { Icon, iconNames } from './icon.tsx';
import { PageTitle } from './page-title.tsx';
import { Panel } from './panel.tsx';
import { ThemeButton } from './theme-button.tsx';

const grounds = ['ground', 'surface', 'raised', 'sunken', 'line', 'edge'];
const pairs = [
  ['text', 'surface'],
  ['quiet', 'ground'],
  ['on-accent', 'accent'],
  ['accent', 'accent-soft'],
  ['good', 'good-soft'],
  ['warn', 'warn-soft'],
  ['bad', 'bad-soft'],
];
const sizes = ['title', 'large', 'text', 'small'];
const spaces = [1, 2, 3, 4, 5, 6, 7];
const radii = ['radius-small', 'radius', 'radius-large'];

/**
 * What the pages are drawn with, live: for whoever changes `tokens.css`. In development only, in
 * English only.
 */
export default function DesignPage() {
  return (
    <main class="console-main design">
      <PageTitle>Design</PageTitle>
      <header class="page-head">
        <h1>Design</h1>
        <ThemeButton />
      </header>
      <Colours />
      <Measures />
      <Controls />
    </main>
  );
}

function Colours() {
  return (
    <Panel
      title="Colour"
      text="Each in light and dark. Text keeps a contrast of 4.5 to its ground."
    >
      <div class="swatches">
        {grounds.map((name) => (
          <div key={name} class="swatch" style={{ background: `var(--${name})` }}>
            <code class="on-swatch">{name}</code>
          </div>
        ))}
        {pairs.map(([text, ground]) => (
          <div
            key={text}
            class="swatch"
            style={{ background: `var(--${ground})`, color: `var(--${text})` }}
          >
            {text} on {ground}
          </div>
        ))}
      </div>
    </Panel>
  );
}

function Measures() {
  return (
    <div class="halves">
      <Panel title="Type" text="Inter, with the system's font until it is there.">
        <div class="stack">
          {sizes.map((size) => (
            <div key={size} style={{ fontSize: `var(--size-${size})` }}>
              {size}: sign in to go on
            </div>
          ))}
          <code>mono: 01890a5d-ac96-774b</code>
        </div>
      </Panel>
      <Panel title="Space and radius">
        <div class="stack">
          {spaces.map((space) => (
            <div key={space} class="row">
              <code class="small">space-{space}</code>
              <span class="bar" style={{ width: `var(--space-${space})` }} />
            </div>
          ))}
          <div class="row">
            {radii.map((radius) => (
              <span
                key={radius}
                class="tile"
                style={{ borderRadius: `var(--${radius})` }}
                title={radius}
              />
            ))}
          </div>
        </div>
      </Panel>
    </div>
  );
}

function Controls() {
  const [isOpen, setOpen] = useState(false);
  const form = useSubmit(async () => undefined);
  return (
    <div class="halves">
      <Panel title="Controls">
        <form class="stack" onSubmit={form.onSubmit} noValidate>
          <div class="row">
            <Button look="primary" onClick={() => setOpen(true)}>
              Primary
            </Button>
            <Button>Plain</Button>
            <Button look="bare">Bare</Button>
            <Button look="danger">Danger</Button>
            <Button isBusy>Busy</Button>
            <Button isDisabled>Disabled</Button>
          </div>
          <TextField name="name" label="Field" form={form} hint="A hint below it" />
          <NewPasswordField name="password" label="Password" form={form} realm="user" />
          <Button type="submit">Show what is missing</Button>
        </form>
        {isOpen && (
          <Dialog title="A dialog" onClose={() => setOpen(false)}>
            <p class="quiet">Escape or a click beside it closes it, and the focus goes back.</p>
          </Dialog>
        )}
      </Panel>
      <Panel title="Signs">
        <div class="stack">
          <div class="row">
            {['', 'good', 'warn', 'bad', 'accent'].map((look) => (
              <span key={look} class={`badge ${look}`}>
                {look || 'plain'}
              </span>
            ))}
          </div>
          <div class="row">
            {iconNames.map((name) => (
              <span key={name} class="tile" title={name}>
                <Icon name={name} />
              </span>
            ))}
          </div>
        </div>
      </Panel>
    </div>
  );
}
