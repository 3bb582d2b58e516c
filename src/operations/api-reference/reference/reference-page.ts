import { type Html, html } from '../../../platform/html/html.ts';
import { jsonBlock } from './code-block.ts';
import { renderMarkdown, renderSpans } from './markdown.ts';
import { operationSection } from './operation-section.ts';
import { fieldsOf, givenFields, typeOf } from './schema-view.ts';
import { type ApiDocument, type LocatedOperation, operationsOf, type Schema } from './shapes.ts';

type Group = { tag: ApiDocument['tags'][number]; operations: LocatedOperation[] };

// Markup has no other < and >. Only values of attributes need their quotes escaped.
const betweenTags = />[^<]+/g;

/** Renders the whole document as one page on the server; only its forms need scripts. */
export function referencePage(document: ApiDocument): string {
  const { title, version, description } = document.info;
  const groups = groupsOf(document);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/app/assets/tokens.css">
<link rel="stylesheet" href="/docs/static/reference.css">
<script type="module" src="/docs/static/reference.js"></script>
<script type="module" src="/docs/static/try-it-out.js"></script>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header class="bar">
<a class="brand" href="#top">${title}</a>
<button type="button" class="menu" popovertarget="contents">Contents</button>
<p class="links"><a href="/openapi.json">OpenAPI</a></p>
</header>
${contents(document, groups)}
<main id="content">
<section class="intro" id="top">
<h1>${title}</h1>
<p class="version">Version ${version}</p>
<p class="note">Every operation has a form that calls this service. The access token that a sign-in answers with is filled in where it is needed, and forgotten with this tab.</p>
${renderMarkdown(description)}
</section>
${groups.map((group) => groupSection(document, group))}
${schemes(document)}
${errorSection(document)}
${schemaSection(document)}
</main>
</body>
</html>
`
    .toString()
    .replaceAll(betweenTags, (text) => text.replaceAll('&quot;', '"'));
}

function groupsOf(document: ApiDocument): Group[] {
  const all = operationsOf(document);
  return document.tags.map((tag) => ({
    tag,
    operations: all.filter(({ operation }) => operation.tags.includes(tag.name)),
  }));
}

function contents(document: ApiDocument, groups: readonly Group[]): Html {
  const more = [
    ['schemes', 'Authorization'],
    ['errors', 'Errors'],
    ['schemas', 'Schemas'],
  ] as const;
  return html`<nav id="contents" popover aria-label="Contents">
<a class="brand" href="#top">${document.info.title}</a>
${groups.map(
  ({ tag, operations }) => html`<h2><a href="#${groupId(tag.name)}">${tag.name}</a></h2>
<ul>${operations.map(
    ({ method, operation }) =>
      html`<li><a href="#${operation.operationId}"><span class="verb ${method.toLowerCase()}">${method === 'DELETE' ? 'DEL' : method}</span> <span>${operation.summary}</span></a></li>`,
  )}</ul>`,
)}
<h2>More</h2>
<ul>${more.map(([id, name]) => html`<li><a href="#${id}"><span>${name}</span></a></li>`)}</ul>
</nav>
`;
}

function groupId(tag: string): string {
  return `tag-${tag.toLowerCase().replaceAll(' ', '-')}`;
}

function groupSection(document: ApiDocument, { tag, operations }: Group): Html {
  const id = groupId(tag.name);
  return html`<section class="group" id="${id}" aria-labelledby="${id}-name">
<h2 id="${id}-name"><a href="#${id}">${tag.name}</a></h2>
<p>${tag.description}</p>
${operations.map((located) => operationSection(document, located))}
</section>
`;
}

function schemes({ components }: ApiDocument): Html {
  const items = Object.entries(components.securitySchemes).map(
    ([id, { type, name, description }]) => html`<section class="entry" id="scheme-${id}">
<h3><a href="#scheme-${id}">${id}</a></h3>
<p>${renderSpans(description)}. Sent as ${
      type === 'http'
        ? html`<code>Authorization: Bearer …</code>`
        : html`the cookie <code>${name ?? ''}</code>`
    }.</p>
</section>`,
  );
  return html`<section class="group" id="schemes" aria-labelledby="schemes-name">
<h2 id="schemes-name">Authorization</h2>
${items}
</section>
`;
}

/** Every error response, described once. */
function errorSection({ components }: ApiDocument): Html {
  const errors = Object.entries(components.responses).flatMap(
    ([name, { description, content }]) => {
      const example = content?.['application/json']?.example;
      return example === undefined ? [] : [{ name, description, example }];
    },
  );
  return html`<section class="group" id="errors" aria-labelledby="errors-name">
<h2 id="errors-name">Errors</h2>
<p>Every error is an <a href="#schema-Error">Error</a>.</p>
${errors.map(
  ({ name, description, example }) => html`<section class="operation" id="answer-${name}">
<div class="words"><h3><a href="#answer-${name}">${name}</a></h3><p>${renderSpans(description)}.</p></div>
<div class="examples">${jsonBlock(String((example as { status_code?: number }).status_code ?? ''), example)}</div>
</section>`,
)}
</section>
`;
}

function schemaSection({ components }: ApiDocument): Html {
  const items = Object.entries(components.schemas).map(
    ([name, schema]) => html`<section class="entry" id="schema-${name}">
<h3><a href="#schema-${name}">${name}</a></h3>
${schema.description ? html`<p>${renderSpans(schema.description)}.</p>` : ''}
${schemaBody(schema)}
</section>`,
  );
  return html`<section class="group" id="schemas" aria-labelledby="schemas-name">
<h2 id="schemas-name">Schemas</h2>
${items}
</section>
`;
}

function schemaBody(schema: Schema): Html {
  return schema.properties === undefined
    ? html`<p>${typeOf(schema)}</p>`
    : givenFields(fieldsOf(schema));
}
