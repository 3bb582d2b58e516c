/** A grey line where words will be. */
export function Skeleton({ width }: { width: string }) {
  return <span class="skeleton" style={{ width }} />;
}

/** In a list, until its rows are there. */
export function WaitingRow() {
  return (
    <li>
      <div class="grow">
        <Skeleton width="40%" />
      </div>
    </li>
  );
}
