import type { Overview } from '../../../../client/src/api.ts';
import { Panel } from '../../design/panel.tsx';
import { useFormat } from '../../texts/format.ts';
import { useTexts } from '../../texts/texts.tsx';
import { ShareBar } from './share-bar.tsx';

export function QueuePanels({
  overview: { mail_queue: mails, hash_queue: hashes },
}: {
  overview: Overview;
}) {
  const t = useTexts().admin.overview;
  const format = useFormat();
  const shares = [
    { label: t.queued, value: mails.queued - mails.retrying, look: 'series-1' },
    { label: t.retrying, value: mails.retrying, look: 'series-4' },
    { label: t.dead, value: mails.dead, look: 'series-3' },
  ];
  return (
    <div class="stack">
      <Panel title={t.mails} text={t.mailsText}>
        <div class="stack">
          <ShareBar shares={shares} />
          <p class="quiet small">
            {mails.oldest_queued_seconds === null
              ? t.noneWaits
              : t.oldest(format.wait(Math.ceil(mails.oldest_queued_seconds)))}
            {mails.dead > 0 && (
              <>
                {' '}
                <a href="/app/admin/mails?status=dead">{t.seeDead}</a>
              </>
            )}
          </p>
        </div>
      </Panel>
      <Panel title={t.hashes} text={t.hashesText}>
        <div class="stack">
          <div class="share-bar" aria-hidden="true">
            {hashes.waiting > 0 && <span class="series-1" style={{ flexGrow: hashes.waiting }} />}
            <span
              class="free"
              style={{ flexGrow: Math.max(1, hashes.capacity - hashes.waiting) }}
            />
          </div>
          <p class="quiet small">
            {t.hashesState(format.number(hashes.waiting), format.number(hashes.capacity))}
          </p>
        </div>
      </Panel>
    </div>
  );
}
