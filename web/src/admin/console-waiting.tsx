import { Brand } from '../design/brand.tsx';
import { Skeleton } from '../design/skeleton.tsx';
import { useTexts } from '../texts/texts.tsx';
import { StatsWaiting } from './overview/stats-waiting.tsx';

/** Takes the place that the console will take. */
export function ConsoleWaiting() {
  const t = useTexts();
  return (
    <div class="console" aria-busy="true">
      <div class="console-side">
        <Brand href="/app/admin" />
      </div>
      <main class="console-main" aria-label={t.loading}>
        <Skeleton width="9rem" />
        <StatsWaiting />
      </main>
    </div>
  );
}
