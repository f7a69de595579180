// {{if .Full}}The same three conditions as in stickbench's plan, by k6's own means.{{else}}Requests and nothing else.{{end}}
import http from 'k6/http';
import { check, sleep } from 'k6';

export const options = {
  vus: {{.Load.Connections}},
  duration: '{{.Load.Duration}}',
  noCookiesReset: true,
  summaryTrendStats: ['p(99)'],
};

let previous = 0;

export default function () {
{{- if .Load.RampUp}}
  if (__ITER === 0) sleep(Math.random() * {{.Load.RampUp.Seconds}});
{{- end}}
  const answer = http.get('{{.Load.URL}}');
{{- if .Full}}
  const seen = answer.json();
  check(answer, {
    'status == 200': (a) => a.status === 200,
    'node': () => seen.tag === 's1' || seen.tag === 's2',
    'increments': () => seen.sessionViews === previous + 1,
  });
  previous = seen.sessionViews;
{{- end}}
{{- if .Load.Think}}
  sleep({{.Load.Think.Seconds}});
{{- end}}
}

export function handleSummary(data) {
  return { stdout: JSON.stringify(data) };
}
