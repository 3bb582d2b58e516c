import { Skeleton } from '../design/skeleton.tsx';

/** As many rows as will probably come, so that nothing jumps when they do. */
export function WaitingRows({ columns }: { columns: number }) {
  return (
    <tbody aria-busy="true">
      {Array.from({ length: 8 }, (_, row) => (
        <tr key={row}>
          {Array.from({ length: columns }, (_unused, column) => (
            <td key={column}>
              <Skeleton width={column === 0 ? '1rem' : `${40 + ((row * 7 + column * 13) % 40)}%`} />
            </td>
          ))}
        </tr>
      ))}
    </tbody>
  );
}
