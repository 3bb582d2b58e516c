import { type Html, html } from '../../../platform/html/html.ts';
import { plainTextPattern } from '../../../platform/http/schemas.ts';
import { renderSpans } from './markdown.ts';
import { nameOf, type Schema } from './shapes.ts';

export type Field = {
  name: string;
  schema: Schema;
  required: boolean;
  description?: string;
  place?: string;
};

/** Fields of a request, with their bounds; nested objects are listed below their field. */
export function takenFields(fields: readonly Field[]): Html {
  return fieldList(fields, html`<span class="required">required</span>`);
}

/** Fields of a response. Nearly all are always present, so only optional ones are marked. */
export function givenFields(fields: readonly Field[]): Html {
  return fieldList(fields, '');
}

function fieldList(fields: readonly Field[], ifRequired: Html | ''): Html {
  return html`<ul class="fields">${fields.map((field) => fieldItem(field, ifRequired))}</ul>`;
}

export function fieldsOf({ properties = {}, required = [] }: Schema): Field[] {
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    schema,
    required: required.includes(name),
  }));
}

function fieldItem(field: Field, ifRequired: Html | ''): Html {
  const { name, schema, required, description = schema.description ?? '', place } = field;
  const bounds = boundsOf(schema, description);
  const nested = nestedFields(schema);
  return html`<li>
<p class="field"><code class="name">${name}</code> <span class="type">${typeOf(schema)}</span>${place ? html` <span class="place">${place}</span>` : ''} ${required ? ifRequired : html`<span class="optional">optional</span>`}</p>
${description ? html`<p>${renderSpans(description)}</p>` : ''}${bounds.length > 0 ? html`<p class="bounds">${bounds}</p>` : ''}${nested.length > 0 ? fieldList(nested, ifRequired) : ''}
</li>`;
}

/** The type of a value, with links to the schemas it refers to. */
export function typeOf(schema: Schema): Html {
  const { $ref, type, anyOf, oneOf, items, format } = schema;
  const choices = anyOf ?? oneOf;
  if ($ref !== undefined) return html`<a href="#schema-${nameOf($ref)}">${nameOf($ref)}</a>`;
  if (choices)
    return html`${choices.map((one, index) => html`${index > 0 ? ' or ' : ''}${typeOf(one)}`)}`;
  if (type === 'array') return html`array of ${typeOf(items ?? {})}`;
  return html`${type ?? 'any'}${format && type === 'string' ? ` (${format})` : ''}`;
}

function nestedFields(schema: Schema): Field[] {
  const inner = schema.anyOf?.find(({ properties }) => properties) ?? schema;
  return fieldsOf(inner.type === 'array' ? (inner.items ?? {}) : inner);
}

function boundsOf(schema: Schema, description: string): Html[] {
  const bounded = schema.anyOf?.find(({ type }) => type !== 'null') ?? schema;
  const values = bounded.const === undefined ? bounded.enum : [bounded.const];
  // A description that explains each value has already listed them.
  const areNamed = values?.every((value) => description.includes(`\`${String(value)}\``));
  const bounds = [
    ...(areNamed
      ? []
      : values
        ? [html`one of ${listed(values)}`]
        : [...lengthOf(bounded), ...rangeOf(bounded)]),
    ...patternOf(bounded),
    ...(schema.default === undefined
      ? []
      : [html`default <code>${JSON.stringify(schema.default)}</code>`]),
  ];
  return bounds.map((one, index) => html`${index > 0 ? '; ' : ''}${one}`);
}

function listed(values: readonly unknown[]): Html[] {
  return values.map(
    (value, index) => html`${index > 0 ? ', ' : ''}<code>${JSON.stringify(value)}</code>`,
  );
}

function lengthOf({ format, minLength = 0, maxLength, maxItems }: Schema): Html[] {
  if (maxItems !== undefined) return [html`at most ${maxItems} items`];
  if (maxLength === undefined || format === 'uuid' || format === 'date-time') return [];
  return [
    minLength > 0
      ? html`${minLength} to ${maxLength} characters`
      : html`at most ${maxLength} characters`,
  ];
}

const written = new Intl.NumberFormat('en');

function rangeOf({
  minimum = Number.MIN_SAFE_INTEGER,
  maximum = Number.MAX_SAFE_INTEGER,
}: Schema): Html[] {
  // Bounds that every JSON integer has are omitted.
  const [isBelow, isAbove] = [minimum > Number.MIN_SAFE_INTEGER, maximum < Number.MAX_SAFE_INTEGER];
  if (isBelow && isAbove) return [html`${written.format(minimum)} to ${written.format(maximum)}`];
  if (isBelow) return [html`at least ${minimum}`];
  return isAbove ? [html`at most ${written.format(maximum)}`] : [];
}

function patternOf({ pattern, format }: Schema): Html[] {
  if (pattern === undefined || pattern === plainTextPattern || format !== undefined) return [];
  return [html`matches <code>${pattern}</code>`];
}
