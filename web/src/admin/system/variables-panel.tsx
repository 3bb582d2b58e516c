import { useState } from 'preact/hooks';
import type { System } from '../../../../client/src/api.ts';
import { TableFrame } from '../../design/table-frame.tsx';
import { useTexts } from '../../texts/texts.tsx';
import { WaitingRows } from '../waiting-rows.tsx';

type Variable = System['variables'][number];

/** The configuration, without secrets; at first what differs from the defaults. */
export function VariablesPanel({ variables }: { variables: readonly Variable[] | null }) {
  const t = useTexts().admin.system;
  const [isAll, setAll] = useState(false);
  const shown = variables?.filter(({ is_set: isSet }) => isAll || isSet);
  return (
    <div class="stack">
      <div class="row apart">
        <h2>{t.configuration}</h2>
        <fieldset class="segments">
          <legend class="unseen">{t.configuration}</legend>
          <button type="button" aria-pressed={!isAll} onClick={() => setAll(false)}>
            {t.onlySet}
          </button>
          <button type="button" aria-pressed={isAll} onClick={() => setAll(true)}>
            {t.all}
          </button>
        </fieldset>
      </div>
      <TableFrame label={t.configuration}>
        <table class="table">
          <thead>
            <tr>
              <th>{t.variable}</th>
              <th>{t.value}</th>
              <th>{t.default}</th>
            </tr>
          </thead>
          {shown === undefined ? (
            <WaitingRows columns={3} />
          ) : (
            <tbody>
              {shown.map((variable) => (
                <tr key={variable.name}>
                  <td>
                    <code class="small">{variable.name}</code>
                  </td>
                  <td class="wrap">
                    <Value variable={variable} />
                  </td>
                  <td class="quiet wrap">{variable.default}</td>
                </tr>
              ))}
            </tbody>
          )}
        </table>
        {shown?.length === 0 && <p class="empty">{t.nothingSet}</p>}
      </TableFrame>
    </div>
  );
}

function Value({
  variable: { is_set: isSet, is_secret: isSecret, value },
}: {
  variable: Variable;
}) {
  const t = useTexts().admin.system;
  if (!isSet) return <span class="quiet">{t.notSet}</span>;
  if (isSecret) return <span class="badge">{t.secretSet}</span>;
  return <code class="small">{value}</code>;
}
