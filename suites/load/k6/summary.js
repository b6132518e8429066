// What k6 itself counted, for the harness to hold its samples against.
import { summaryFile } from './settings.js';

export function counts(data) {
  const count = (name) => (data.metrics[name] ? data.metrics[name].values.count : 0);
  return {
    requests: count('http_reqs'),
    iterations: count('iterations'),
    dropped: count('dropped_iterations'),
    run_ms: data.state.testRunDurationMs,
  };
}

export function handleSummary(data) {
  return { [summaryFile]: JSON.stringify(counts(data)) };
}
