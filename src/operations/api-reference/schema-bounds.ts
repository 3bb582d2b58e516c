type ZodOverride = (context: { jsonSchema: Record<string, unknown> }) => void;

// What the format itself bounds, in words that a generator of clients reads. A time may have any fraction of a second.
const lengthOfFormat: Record<string, number> = { uuid: 36, 'date-time': 64 };
const greatestInt32 = 2 ** 31 - 1;

/** For zod's conversion to JSON Schema: says the bounds that a format implies, and how wide an integer is. */
export const describeBounds: ZodOverride = ({ jsonSchema }) => {
  const { type, format, maximum, minimum } = jsonSchema;
  if (type === 'string') jsonSchema.maxLength ??= lengthOfFormat[String(format)];
  if (jsonSchema.maxLength === undefined) delete jsonSchema.maxLength;
  // The values say it all; a pattern that takes more than them, such as other spellings, contradicts them.
  if (jsonSchema.enum !== undefined) delete jsonSchema.pattern;
  if (type === 'integer' && format === undefined) {
    const isSmall = Math.max(Number(maximum), -Number(minimum)) <= greatestInt32;
    jsonSchema.format = isSmall ? 'int32' : 'int64';
  }
};
