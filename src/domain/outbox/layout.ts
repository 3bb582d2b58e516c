import { type Html, html } from '../../platform/html/html.ts';

/** The content of a message. Text and HTML are made from it, so they have the same words. */
export type Content = {
  title: string;
  paragraphs: readonly string[];
  facts?: readonly (readonly [name: string, value: string])[];
  link?: { label: string; address: string };
  notes: readonly string[];
};

const lineLength = 76;

/** The accent of the pages in light: `tokens.css`. */
const usualAccent = '#4a3fd6';

export function layOutText(content: Content, projectName: string): string {
  const { title, paragraphs, facts = [], link, notes } = content;
  const blocks = [
    title,
    'Hello,',
    ...paragraphs,
    facts.map(([name, value]) => `${name}: ${value}`).join('\n'),
    link ? `${link.label}:\n${link.address}` : '',
    ...notes,
    `-- \n${footer(projectName)}`,
  ];
  return `${blocks.filter(Boolean).map(wrap).join('\n\n')}\n`;
}

type Look = { projectName: string; accent?: string; logo?: string };

/** Styles are inline, because mail programs drop style sheets. Nothing external is loaded. */
export function layOutHtml(content: Content, look: Look): string {
  const { projectName, accent = usualAccent, logo } = look;
  const { title, paragraphs, facts = [], link, notes } = content;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>${title}</title>
</head>
<body style="margin:0;padding:24px 12px;background:#f7f7f9;color:#17171f;font:16px/1.55 Inter,system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif">
<div style="max-width:560px;margin:0 auto">
<p style="margin:0 4px 12px;font-size:14px;font-weight:600;color:#595966">${logo ? logoImage(logo) : ''}${projectName}</p>
<div style="padding:28px 28px 20px;background:#ffffff;border:1px solid #e4e4ea;border-radius:16px">
<h1 style="margin:0 0 16px;font-size:22px;line-height:1.3;letter-spacing:-0.3px;color:#17171f">${title}</h1>
<p style="margin:0 0 14px">Hello,</p>
${paragraphs.map(
  (words) => html`<p style="margin:0 0 14px">${words}</p>
`,
)}${factList(facts)}${link ? linkButton(link, accent) : ''}${notes.map(
  (words) => html`<p style="margin:0 0 14px;font-size:14px;color:#595966">${words}</p>
`,
)}</div>
<p style="margin:12px 4px 0;font-size:13px;color:#595966">${footer(projectName)}</p>
</div>
</body>
</html>
`.toString();
}

/** Beside the name, which is its description. */
function logoImage(address: string): Html {
  return html`<img src="${address}" alt="" height="28" style="height:28px;margin-right:10px;border:0;vertical-align:middle">`;
}

function factList(facts: NonNullable<Content['facts']>): Html | string {
  if (facts.length === 0) return '';
  const rows = facts.map(
    ([name, value]) => html`<tr>
<td style="padding:2px 16px 2px 0;vertical-align:top;white-space:nowrap;color:#595966">${name}</td>
<td style="padding:2px 0;font-weight:600">${value}</td>
</tr>
`,
  );
  return html`<table role="presentation" style="margin:0 0 16px;border-collapse:collapse">
${rows}</table>
`;
}

/** Shows the full URL as well, so that readers can see where the button leads and copy it. */
function linkButton({ label, address }: NonNullable<Content['link']>, accent: string): Html {
  return html`<p style="margin:22px 0 14px">
<a href="${address}" style="display:inline-block;padding:12px 22px;background:${accent};border-radius:8px;color:#ffffff;font-weight:600;text-decoration:none">${label}</a>
</p>
<p style="margin:0 0 18px;font-size:13px;color:#595966">Or copy this address into your browser:<br>
<a href="${address}" style="color:${accent};word-break:break-all">${address}</a></p>
`;
}

function footer(projectName: string): string {
  return `${projectName} sent you this email because it concerns your account. Please do not reply.`;
}

/** Breaks lines between words only, so that URLs stay in one piece. */
function wrap(block: string): string {
  return block
    .split('\n')
    .map((line) =>
      line.replaceAll(new RegExp(`(?=.{${lineLength + 1}})(.{1,${lineLength}})\\s+`, 'g'), '$1\n'),
    )
    .join('\n');
}
