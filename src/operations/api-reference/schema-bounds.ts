type ZodOverride = (context: { jsonSchema: Record<string, unknown> }) => void;

// The length that the format implies, for client generators. A time may have any fraction of a
// second.
const lengthOfFormat: Record<string, number> = { uuid: 36, 'date-time': 64 };
const greatestInt32 = 2 ** 31 - 1;

/** For zod's conversion to JSON Schema: bounds of formats, width of integers, no second pattern. */
export const describeBounds: ZodOverride = ({ jsonSchema }) => {
  const { type, format, maximum, minimum } = jsonSchema;
  if (type === 'string') jsonSchema.maxLength ??= lengthOfFormat[String(format)];
  if (jsonSchema.maxLength === undefined) delete jsonSchema.maxLength;
  // zod's pattern of a time has 250 characters and says nothing more than the format.
  if (lengthOfFormat[String(format)] !== undefined) delete jsonSchema.pattern;
  // An enum needs no pattern; one that also accepts other spellings would contradict it.
  if (jsonSchema.enum !== undefined) delete jsonSchema.pattern;
  if (type === 'integer' && format === undefined) {
    const isSmall = Math.max(Number(maximum), -Number(minimum)) <= greatestInt32;
    jsonSchema.format = isSmall ? 'int32' : 'int64';
  }
};
