export type Answer = {
  status: number;
  headers: Record<string, string | string[]>;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the members it expects and fails if one is missing
  body: any;
  text: string;
};
