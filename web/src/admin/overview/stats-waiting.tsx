import { Skeleton } from '../../design/skeleton.tsx';

/** The place of the figures. */
export function StatsWaiting() {
  return (
    <div class="stats">
      {[1, 2, 3].map((at) => (
        <div key={at} class="panel stat">
          <Skeleton width="40%" />
          <Skeleton width="60%" />
        </div>
      ))}
    </div>
  );
}
