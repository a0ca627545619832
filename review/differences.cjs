// Compares pairs of templates with the CDK's own difference engine: a line of JSON with pairs in, a line of answers out.
'use strict';

const { fullDiff } = require('@aws-cdk/cloudformation-diff');

const names = (differences) => Object.keys(differences).sort();

function resource(change) {
  const properties = Object.entries(change.propertyUpdates).map(([name, { changeImpact }]) => [name, changeImpact]);
  return { impact: change.changeImpact, properties: Object.fromEntries(properties), attributes: names(change.otherChanges) };
}

function compare({ before, after }) {
  const difference = fullDiff(before, after);
  const { changes } = difference.resources;
  return {
    resources: Object.fromEntries(Object.entries(changes).map(([id, change]) => [id, resource(change)])),
    statements: difference.iamChanges._toJson(),
    rules: difference.securityGroupChanges.toJson(),
  };
}

function answer(pair) {
  try {
    return compare(pair);
  } catch (error) {
    return { failed: String(error.message) };
  }
}

// Not by node:readline, which takes U+2028 for the end of a line too.
let rest = '';
process.stdin.setEncoding('utf8').on('data', (text) => {
  const lines = text.split('\n');
  lines[0] = rest + lines[0];
  rest = lines.pop();
  for (const line of lines) process.stdout.write(`${JSON.stringify(JSON.parse(line).map(answer))}\n`);
});
