// biome-ignore lint/suspicious/noExplicitAny: a test reads the members it expects and fails if one is missing
export type Answer = { status: number; headers: Record<string, string | string[]>; body: any; text: string };
