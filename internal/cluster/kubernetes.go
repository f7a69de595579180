package cluster

import (
	"fmt"
	"io"
	"strconv"
	"text/template"
)

// Fleet are agents that Kubernetes starts. It carries none of their data.
type Fleet struct {
	Count      int
	Image      string // whose entry point is stickbench
	URL, Token string // of the coordinator's join command
	// CPU and Memory are what each agent asks for, in Kubernetes's quantities.
	CPU, Memory string
}

// manifest is an Indexed Job and the Secret with its token. Each agent is named by its pod's host name, which ends with its
// index. None is started again: the run would be over, or would not take it.
var manifest = template.Must(template.New("").Funcs(template.FuncMap{"quote": strconv.Quote}).Parse(`apiVersion: v1
kind: Secret
metadata:
  name: stickbench-agent
type: Opaque
stringData:
  token: {{quote .Token}}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: stickbench-agent
spec:
  completionMode: Indexed
  completions: {{.Count}}
  parallelism: {{.Count}}
  backoffLimit: 0
  ttlSecondsAfterFinished: 3600
  template:
    metadata:
      labels:
        app: stickbench-agent
    spec:
      restartPolicy: Never
      automountServiceAccountToken: false
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 100
              podAffinityTerm:
                topologyKey: kubernetes.io/hostname
                labelSelector:
                  matchLabels:
                    app: stickbench-agent
      containers:
        - name: agent
          image: {{quote .Image}}
          args: ["agent", {{quote .URL}}, "--wait", "10m"]
          workingDir: /kept
          env:
            - name: STICKBENCH_TOKEN
              valueFrom:
                secretKeyRef:
                  name: stickbench-agent
                  key: token
          resources:
            requests:
              cpu: {{quote .CPU}}
              memory: {{quote .Memory}}
          securityContext:
            allowPrivilegeEscalation: false
          volumeMounts:
            - name: kept
              mountPath: /kept
      volumes:
        - name: kept
          emptyDir: {}
`))

// Write writes what kubectl applies.
func (f Fleet) Write(w io.Writer) error {
	if f.Count < 1 || f.Count > 10_000 {
		return fmt.Errorf("%d agents: want 1 to 10000", f.Count)
	}
	if f.Image == "" {
		return fmt.Errorf("--image: name one that has stickbench as its entry point")
	}
	return manifest.Execute(w, f)
}
