// One request: sent, judged, and written down as one sample of `operation` that carries all that
// the harness keeps (reports/evidence/reducing.py reads it).
import http from 'k6/http';
import { Trend } from 'k6/metrics';
import { baseUrl, imagesUrl, timeout, tokens } from './settings.js';

const samples = new Trend('operation');

// Numbers of k6 for requests that got no answer.
const NO_ANSWER = {
  1050: 'timeout',
  1101: 'no_such_host',
  1211: 'timeout',
  1212: 'refused',
  1220: 'reset',
};

function parameters(operation, role, more) {
  const headers = { ...(more && more.headers) };
  if (role) {
    headers.Authorization = `Bearer ${tokens[role]}`;
  }
  return { timeout, responseType: 'text', ...more, headers, tags: { name: operation.name } };
}

// What k6 is to send: for `http.request` and for `http.batch` alike.
export function request(operation, method, path, { role, body, ...more } = {}) {
  const url = (operation.host === 'images' ? imagesUrl : baseUrl) + path;
  const params = parameters(operation, role, more);
  if (body === undefined) {
    return [method, url, null, params];
  }
  params.headers['Content-Type'] = 'application/json';
  return [method, url, JSON.stringify(body), params];
}

// Writes an answer down. `judge` gives the first thing that is wrong with it, as one word, or
// nothing; `markOf` a word to count. Returns whether the answer was right.
export function written(operation, answer, expected, judge, markOf) {
  let error = '';
  if (answer.status === 0) {
    error = NO_ANSWER[answer.error_code] || `no_answer_${answer.error_code}`;
  } else if (!expected.includes(answer.status)) {
    error = answer.status === 429 ? 'limited' : 'status';
  } else if (judge) {
    try {
      error = judge(answer) || '';
    } catch (problem) {
      error = 'unreadable_answer';
    }
  }
  const mark = (!error && markOf && markOf(answer)) || '';
  const name = `${operation.name}|${operation.kind}|${answer.status}|${error}|${mark}`;
  samples.add(answer.timings.duration, { name });
  return error === '';
}

// Sends one request and writes it down. Returns the answer where it was right, else null.
export function ask(operation, method, path, { expected, judge, mark, ...more }) {
  const answer = http.request(...request(operation, method, path, more));
  return written(operation, answer, [expected], judge, mark) ? answer : null;
}
