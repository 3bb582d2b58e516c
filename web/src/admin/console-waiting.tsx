import { Brand } from '../design/brand.tsx';
import { Skeleton } from '../design/skeleton.tsx';
import { useTexts } from '../texts/texts.tsx';

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
        <div class="stats">
          {[1, 2, 3].map((at) => (
            <div key={at} class="panel stat">
              <Skeleton width="40%" />
              <Skeleton width="60%" />
            </div>
          ))}
        </div>
      </main>
    </div>
  );
}
