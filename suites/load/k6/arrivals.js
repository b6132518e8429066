// When iterations begin: at the rate of each stage, however long the service takes.
import { stages, timeout, vus } from './settings.js';

const PER = 100; // seconds: a rate is a whole number of arrivals within them

// `arrivals` iterations make 100 requests.
export function arriving(arrivals) {
  const rateOf = (stage) => Math.max(1, Math.round((stage.rate * arrivals * PER) / 100));
  const pool = {
    timeUnit: `${PER}s`,
    preAllocatedVUs: vus,
    maxVUs: vus,
    // An iteration that began is let end: two requests, each with its time limit.
    gracefulStop: `${2 * parseFloat(timeout) + 1}s`,
  };
  if (stages.length === 1) {
    return {
      executor: 'constant-arrival-rate',
      rate: rateOf(stages[0]),
      duration: `${stages[0].seconds}s`,
      ...pool,
    };
  }
  return {
    executor: 'ramping-arrival-rate',
    startRate: rateOf(stages[0]),
    stages: stages.flatMap((stage) => [
      { duration: '0s', target: rateOf(stage) },
      { duration: `${stage.seconds}s`, target: rateOf(stage) },
    ]),
    ...pool,
  };
}

// The options of a script: nothing is judged here, and nothing kept that nobody reads.
export function optionsFor(arrivals) {
  return {
    scenarios: { arrivals: arriving(arrivals) },
    maxRedirects: 0,
    userAgent: 'promotion-gate load',
    summaryTrendStats: ['count'],
    batch: 10,
    batchPerHost: 10,
  };
}
