// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever it expects, and fails where it is not there
export type Answer = { status: number; headers: Record<string, string | string[]>; body: any; text: string };
