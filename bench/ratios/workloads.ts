import type { Figure } from '../figure.ts';
import { measureLists } from '../lists.ts';
import { measureReplicas } from '../replicas.ts';
import { measureEmbedded } from './embedded.ts';
import { signToken } from './floor-tokens.ts';
import { measureLogins, measureStorm } from './logins.ts';
import { measurePeers } from './peers.ts';
import { accessTokens, portOf, slotOf, talksOfReaders, talksOfRefreshers } from './requests.ts';
import { type Measured, resultOf, runWorkload, type Size } from './slot.ts';
import type { Stage } from './stage.ts';
import { measureStart } from './start.ts';

type Measure = (stage: Stage, size: Size) => Promise<Measured>;

/** In the order of the table. */
export const workloads: Readonly<Record<string, Measure>> = {
  me: measureMe,
  refresh: measureRefresh,
  embedded: measureEmbedded,
  login: measureLogins,
  storm: measureStorm,
  start: measureStart,
  peers: measurePeers,
  replicas: figuresOf('replicas', measureReplicas),
  lists: figuresOf('lists', measureLists),
};

/** Those that fit into a minute. */
export const quickWorkloads = ['me', 'refresh', 'embedded', 'login', 'storm', 'start'];

/** A benchmark of its own, with services of its own. */
function figuresOf(workload: string, measure: () => Promise<Figure[]>): Measure {
  return async () => {
    const results = (await measure()).map(({ value, atLeast = false, ...target }) =>
      resultOf({ ...target, atLeast }, [value]),
    );
    return { workload, slots: [], results };
  };
}

const most = 64;

async function measureMe(stage: Stage, size: Size): Promise<Measured> {
  const { service, floor, secret } = stage;
  const sessions = await stage.openSessions(most);
  const ours = { port: portOf(service.url), pid: service.pid };
  const talks = talksOfReaders(await accessTokens(service.url, sessions));
  const floorTalks = talksOfReaders(
    sessions.map(({ subjectId, sessionId }) => signToken(secret, subjectId, sessionId)),
  );
  const few = most / 2;
  const contestants = {
    ours32: (time: number) => slotOf(stage, ours, talks.slice(0, few), time),
    floor32: (time: number) => slotOf(stage, floor, floorTalks.slice(0, few), time),
    ours64: (time: number) => slotOf(stage, ours, talks, time),
    floor64: (time: number) => slotOf(stage, floor, floorTalks, time),
  };
  const target = { unit: '× the floor', bar: 1.3, atLeast: true };
  return runWorkload(
    'me',
    {
      contestants,
      targets: [
        {
          ...target,
          name: 'GET /me, 32 connections: requests a second',
          of: ({ ours32, floor32 }) => ours32.perSecond / floor32.perSecond,
        },
        {
          ...target,
          name: 'GET /me, 64 connections: requests a second',
          of: ({ ours64, floor64 }) => ours64.perSecond / floor64.perSecond,
        },
        {
          name: 'GET /me: processor time of the server',
          unit: '× the floor',
          bar: 0.9,
          atLeast: false,
          of: ({ ours32, floor32 }) => ours32.serverCpu / floor32.serverCpu,
        },
        {
          name: 'GET /me: processor time of PostgreSQL',
          unit: '× the floor',
          bar: 1,
          atLeast: false,
          of: ({ ours32, floor32 }) => ours32.databaseCpu / floor32.databaseCpu,
        },
      ],
    },
    size,
  );
}

const refreshers = 32;
/** For a run of some minutes. */
const sessionsOfEach = 12;

async function measureRefresh(stage: Stage, size: Size): Promise<Measured> {
  const { service, floor } = stage;
  const ours = { port: portOf(service.url), pid: service.pid };
  const talks = async () =>
    talksOfRefreshers(await stage.openSessions(refreshers * sessionsOfEach), refreshers);
  const [ownTalks, floorTalks] = [await talks(), await talks()];
  const contestants = {
    ours: (time: number) => slotOf(stage, ours, ownTalks, time),
    floor: (time: number) => slotOf(stage, floor, floorTalks, time),
  };
  const targets = [
    {
      name: 'refresh, 32 connections: requests a second',
      unit: '× the floor',
      bar: 0.8,
      atLeast: true,
      of: (slots: Record<keyof typeof contestants, { perSecond: number }>) =>
        slots.ours.perSecond / slots.floor.perSecond,
    },
  ];
  return runWorkload('refresh', { contestants, targets }, size);
}
