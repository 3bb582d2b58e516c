import { STATUS_CODES } from 'node:http';
import { type Html, html } from '../../../platform/html/html.ts';
import { codeBlock, jsonBlock } from './code-block.ts';
import { exampleValue } from './example-value.ts';
import { renderMarkdown, renderSpans } from './markdown.ts';
import { type Field, fieldsOf, givenFields, takenFields, typeOf } from './schema-view.ts';
import {
  type Answer,
  type ApiDocument,
  type LocatedOperation,
  nameOf,
  type Operation,
  resolveAnswer,
  resolveSchema,
  type Schema,
} from './shapes.ts';
import { tryForm } from './try-form.ts';

const jsonType = 'application/json';

/** One operation: parameters and responses beside an example call and its response. */
export function operationSection(document: ApiDocument, located: LocatedOperation): Html {
  const { method, path, operation } = located;
  const { operationId, summary, description = '' } = operation;
  return html`<section class="operation" id="${operationId}">
<div class="words">
<h3><a href="#${operationId}">${summary}</a></h3>
<p class="call"><span class="method ${method.toLowerCase()}">${method}</span> <code>${markedPath(path)}</code></p>
${renderMarkdown(description)}
${securityLine(operation)}
${parameters(operation)}
${body(operation)}
${answers(document, operation)}
</div>
<div class="examples">
${tryForm(document, located)}
${codeBlock('Request', 'shell', curl(document, located))}
${exampleAnswer(document, operation)}
</div>
</section>
`;
}

function markedPath(path: string): Html[] {
  return path
    .split(/(\{\w+\})/)
    .map((part, index) => (index % 2 === 1 ? html`<em>${part}</em>` : html`${part}`));
}

function securityLine({ security }: Operation): Html {
  const ways = security.map((way) => {
    const [[scheme, [role]] = ['', []]] = Object.entries(way);
    if (scheme === '') return html`none`;
    return html`<a href="#scheme-${scheme}">${scheme}</a>${role ? html` of a ${role}` : ''}`;
  });
  const shown = ways.map((way, index) => html`${index > 0 ? ', or ' : ''}${way}`);
  return html`<p class="security"><strong>Authorization</strong> ${ways.length > 0 ? shown : 'none; public'}</p>`;
}

function parameters({ parameters: taken = [] }: Operation): Html | '' {
  if (taken.length === 0) return '';
  const fields = taken.map(
    ({ name, in: place, required = false, description, schema }): Field => ({
      name,
      schema,
      required,
      place,
      ...(description === undefined ? {} : { description }),
    }),
  );
  return html`<h4>Parameters</h4>${takenFields(fields)}`;
}

function body({ requestBody }: Operation): Html | '' {
  const schema = requestBody?.content[jsonType]?.schema;
  if (requestBody === undefined || schema === undefined) return '';
  const { description } = requestBody;
  return html`<h4>Body <span class="media">${jsonType}</span></h4>${description ? html`<p>${renderSpans(description)}</p>` : ''}${takenFields(fieldsOf(schema))}`;
}

function answers(document: ApiDocument, { responses }: Operation): Html {
  const items = Object.entries(responses).map(([status, referred]) => {
    const answer = resolveAnswer(document, referred);
    return html`<li><span class="status s${status.slice(0, 1)}">${status}</span> <span>${answerLink(referred, answer)}</span>${inlineFields(answer)}</li>`;
  });
  return html`<h4>Responses</h4><ul class="answers">${items}</ul>`;
}

/** Errors are described once for all operations; a success links to its own body. */
function answerLink(referred: Operation['responses'][string], answer: Answer): Html {
  const schema = answer.content?.[jsonType]?.schema;
  if (schema?.$ref === '#/components/schemas/Error' && '$ref' in referred) {
    const name = nameOf(referred.$ref);
    return html`<a href="#answer-${name}">${name}</a>`;
  }
  return html`${renderSpans(answer.description)}${schema?.$ref ? html`: ${typeOf(schema)}` : ''}`;
}

function inlineFields({ content }: Answer): Html | '' {
  const schema = content?.[jsonType]?.schema;
  return schema?.properties === undefined ? '' : givenFields(fieldsOf(schema));
}

/** The call as a curl command, without optional parameters. */
function curl(document: ApiDocument, { method, path, operation }: LocatedOperation): string {
  const url = `${document.servers[0]?.url ?? ''}${filledPath(document, path, operation)}`;
  const schema = operation.requestBody?.content[jsonType]?.schema;
  const needsToken = operation.security.some((way) => 'userToken' in way || 'adminToken' in way);
  const lines = [
    `curl ${method === 'GET' ? '' : `-X ${method} `}${url}`,
    ...(needsToken ? ['-H "Authorization: Bearer $ACCESS_TOKEN"'] : []),
    ...(schema
      ? [`-H 'Content-Type: ${jsonType}'`, `-d ${quoted(bodyText(document, schema))}`]
      : []),
  ];
  return lines.join(' \\\n  ');
}

function filledPath(
  document: ApiDocument,
  path: string,
  { parameters: taken = [] }: Operation,
): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const schema = taken.find((one) => one.name === name)?.schema ?? {};
    return String(exampleValue(document, schema));
  });
}

function bodyText(document: ApiDocument, schema: Schema): string {
  return JSON.stringify(exampleValue(document, schema), null, 2).replaceAll('\n', '\n  ');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function exampleAnswer(document: ApiDocument, { responses }: Operation): Html {
  const [status = '', referred = { description: '' }] = Object.entries(responses)[0] ?? [];
  const content = resolveAnswer(document, referred).content?.[jsonType];
  const title = `${status} ${STATUS_CODES[status] ?? ''}`;
  if (content?.schema === undefined) return html`<p class="code empty">${title}</p>`;
  const value = content.example ?? exampleValue(document, resolveSchema(document, content.schema));
  return jsonBlock(title, value);
}
