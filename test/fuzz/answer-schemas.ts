import assert from 'node:assert/strict';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Answer } from '../answer.ts';
import type { DescribedOperation } from '../attacks/described-fields.ts';

type Response = Exclude<DescribedOperation['operation']['responses'][string], { $ref: string }>;
type Document = {
  components: { responses: Record<string, Response> };
  info: { description: string };
};

/**
 * Answers that any operation can give in addition to its own, as the document's introduction says.
 */
const ofHttpItself = [400, 404, 405, 408, 413, 415, 417, 422, 431];

/** Checks answers against the document: a listed status, and a body that fits its schema. */
export function createAnswerCheck(document: Document) {
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  addFormats.default(ajv, ['uuid', 'date-time', 'date', 'email', 'uri']);
  for (const width of ['int32', 'int64'])
    ajv.addFormat(width, { type: 'number', validate: Number.isInteger });
  ajv.addVocabulary(['example', 'components']);
  ajv.addSchema({ $id: 'document', components: document.components }, 'document');
  // Cached by text: most answers are the same error.
  const validators = new Map<string, ValidateFunction>();
  const validatorOf = (schema: object): ValidateFunction => {
    // Keeps references into the document valid for a schema taken out of it.
    const text = JSON.stringify(schema).replaceAll('"#/components/', '"document#/components/');
    const validate = validators.get(text) ?? ajv.compile(JSON.parse(text));
    validators.set(text, validate);
    return validate;
  };
  const resolved = (response: Response | { $ref: string } | undefined): Response | undefined =>
    response && '$ref' in response
      ? document.components.responses[response.$ref.split('/').at(-1) ?? '']
      : response;
  const anyError = { $ref: '#/components/schemas/Error' };
  for (const status of ofHttpItself)
    assert.match(document.info.description, new RegExp(`\\b${status}\\b`));

  return (described: DescribedOperation, answer: Answer, isValid: boolean): void => {
    const { responses } = described.operation;
    const named = resolved(responses[answer.status]);
    // A request that fits the document must have a documented answer.
    assert.ok(
      named !== undefined || (!isValid && ofHttpItself.includes(answer.status)),
      `the document does not list this ${answer.status}: ${answer.text}`,
    );
    const schema = named === undefined ? anyError : named.content?.['application/json']?.schema;
    if (schema === undefined) {
      assert.equal(answer.text, '');
      return;
    }
    const validate = validatorOf(schema);
    assert.ok(validate(answer.body), `${ajv.errorsText(validate.errors)}: ${answer.text}`);
  };
}
