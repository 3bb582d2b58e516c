/** A reporter for Node's test runner: one line of JSON for each test that ended, with what came of it. */
type Event = {
  type: string;
  data: { name?: string; skip?: boolean | string; todo?: boolean | string };
};

export default async function* record(events: AsyncIterable<Event>): AsyncGenerator<string> {
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const isSkipped = (data.skip ?? data.todo ?? false) !== false;
    const outcome = isSkipped ? 'skipped' : type === 'test:pass' ? 'passed' : 'failed';
    yield `${JSON.stringify({ name: data.name, outcome })}\n`;
  }
}
