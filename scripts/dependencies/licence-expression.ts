/**
 * Whether an SPDX expression (`MIT`, `(MPL-2.0 OR Apache-2.0)`, `MIT AND ISC`) leaves a choice that is allowed. False
 * also for what is no expression, for an exception (`WITH`) and for `or later` (`+`): a person has to look at these.
 */
export function isAllowed(expression: string, allowed: ReadonlySet<string>): boolean {
  const tokens = expression.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;

  const either = (): boolean => {
    let result = both();
    while (tokens[at] === 'OR') {
      at += 1;
      // Both sides are read, whatever the first one says: the rest must be an expression too.
      result = both() || result;
    }
    return result;
  };
  const both = (): boolean => {
    let result = one();
    while (tokens[at] === 'AND') {
      at += 1;
      result = one() && result;
    }
    return result;
  };
  const one = (): boolean => {
    const token = tokens[at];
    at += 1;
    if (token !== '(') return token !== undefined && allowed.has(token);
    const result = either();
    const closed = tokens[at] === ')';
    at += 1;
    return closed && result;
  };

  const result = either();
  return result && at === tokens.length;
}
