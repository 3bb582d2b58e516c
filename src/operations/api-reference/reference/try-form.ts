import { type Html, html } from '../../../platform/html/html.ts';
import { exampleValue } from './example-value.ts';
import type { ApiDocument, LocatedOperation, Operation, Schema } from './shapes.ts';

type Parameter = NonNullable<Operation['parameters']>[number];
type Field = { id: string; label: Html; attributes: Html };

/**
 * A form that sends the operation from the page. `try-it-out.js` does the sending, and enables the
 * button: a browser without scripts would put a password into the address.
 */
export function tryForm(
  document: ApiDocument,
  { method, path, operation }: LocatedOperation,
): Html {
  const { operationId: id, summary, parameters = [] } = operation;
  return html`<details class="try">
<summary>Try it out<span class="unseen">: ${summary}</span></summary>
<form data-method="${method}" data-path="${path}" autocomplete="off">
${tokenField(operation)}${parameters.map((one) => parameterField(document, id, one))}${bodyField(document, operation)}
<button type="submit" disabled>Send</button>
<div class="result" role="status"></div>
</form>
</details>`;
}

function tokenField({ operationId, security }: Operation): Html | '' {
  const scheme = security.flatMap((way) => Object.keys(way)).find((name) => name.endsWith('Token'));
  if (scheme === undefined) return '';
  return inputField({
    id: `${operationId}-token`,
    label: html`Access token <span class="place">${scheme}</span>`,
    attributes: html`data-token="${scheme}" spellcheck="false"`,
  });
}

function parameterField(document: ApiDocument, operationId: string, parameter: Parameter): Html {
  const { name, in: place, required = false, schema } = parameter;
  const field = {
    id: `${operationId}-${place}-${name}`,
    label: html`<code>${name}</code> <span class="place">${place}${required ? '' : ', optional'}</span>`,
    attributes: html`name="${name}" data-in="${place}"${required ? html` required` : ''}`,
  };
  const choices = choicesOf(schema);
  if (choices !== undefined) return selectField(field, choices, required);
  const example = exampleValue(document, schema);
  const shown = typeof example === 'string' ? example : JSON.stringify(example);
  // Of what is optional only that is sent which somebody enters.
  const hint = shown === '…' ? '' : html`placeholder="${shown}"`;
  const value = required ? html`value="${shown}"` : hint;
  return inputField({
    ...field,
    attributes: html`${field.attributes} ${value} spellcheck="false"`,
  });
}

function choicesOf(schema: Schema): readonly unknown[] | undefined {
  const bounded = schema.anyOf?.find((one) => one.enum ?? one.type === 'boolean') ?? schema;
  if (bounded.type === 'boolean') return [true, false];
  return bounded.const === undefined ? bounded.enum : [bounded.const];
}

function inputField({ id, label, attributes }: Field): Html {
  return html`<label for="${id}">${label}</label><input id="${id}" ${attributes}>
`;
}

function selectField(
  { id, label, attributes }: Field,
  choices: readonly unknown[],
  required: boolean,
): Html {
  const none = required ? '' : html`<option value="">–</option>`;
  const options = choices.map((value) => html`<option>${String(value)}</option>`);
  return html`<label for="${id}">${label}</label><select id="${id}" ${attributes}>${none}${options}</select>
`;
}

function bodyField(document: ApiDocument, { operationId, requestBody }: Operation): Html | '' {
  const schema = requestBody?.content['application/json']?.schema;
  if (schema === undefined) return '';
  const example = JSON.stringify(exampleValue(document, schema), null, 2);
  const id = `${operationId}-body`;
  const rows = Math.min(12, example.split('\n').length);
  return html`<label for="${id}">Body <span class="place">JSON</span></label>
<textarea id="${id}" data-in="body" rows="${rows}" spellcheck="false">${example}</textarea>
`;
}
