// What a generator that stands elsewhere sees of the subject, before its first arrival and after
// its last: nobody else asks health for it. One sample of `subject` each, as its `name` tag.
import exec from 'k6/execution';
import http from 'k6/http';
import { Counter, Trend } from 'k6/metrics';
import { baseUrl, timeout } from './settings.js';

const seen = new Trend('subject');
const beside = new Counter('beside'); // requests that are no part of the load

function look(when) {
  const answer = http.get(`${baseUrl}/products/health`, {
    timeout,
    responseType: 'text',
    tags: { name: 'health' },
  });
  beside.add(1);
  let version = null;
  try {
    version = answer.status === 200 ? answer.json().version : null;
  } catch (problem) {
    version = null; // an answer that cannot be read tells no version
  }
  const tells = typeof version === 'string' && /^[\w.+-]{1,100}$/.test(version);
  if (tells) {
    seen.add(1, { name: `${when}|${version}` });
  }
  return tells;
}

// What it returns is in the summary: which part of the load this generator was told to make.
export function setup() {
  if (!look('before')) {
    throw new Error(`${baseUrl}/products/health tells no version: nothing is known of the subject`);
  }
  return {
    segment: exec.test.options.executionSegment || '0:1',
    sequence: exec.test.options.executionSegmentSequence || '',
  };
}

// Without a second version the record is unconfirmed; what was measured stays measured.
export function teardown() {
  look('after');
}
