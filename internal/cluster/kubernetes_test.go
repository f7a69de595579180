package cluster

import (
	"bytes"
	"testing"

	jobs "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// What is printed is what Kubernetes's own types take, without a field that they do not know.
func TestKubernetes(t *testing.T) {
	var out bytes.Buffer
	url := "nats://10.0.0.1:4222/sha256-00"
	if err := (Fleet{Count: 20, Image: "registry.example/stickbench:1", URL: url, Token: `a"b`, CPU: "2", Memory: "1Gi"}).Write(&out); err != nil {
		t.Fatal(err)
	}
	parts := bytes.Split(out.Bytes(), []byte("\n---\n"))
	if len(parts) != 2 {
		t.Fatalf("%d documents", len(parts))
	}
	var secret core.Secret
	if err := yaml.UnmarshalStrict(parts[0], &secret); err != nil {
		t.Fatal(err)
	}
	var job jobs.Job
	if err := yaml.UnmarshalStrict(parts[1], &job); err != nil {
		t.Fatal(err)
	}
	if secret.Kind != "Secret" || secret.StringData["token"] != `a"b` {
		t.Errorf("%+v", secret)
	}
	pod := job.Spec.Template.Spec
	agent := pod.Containers[0]
	if job.Kind != "Job" || *job.Spec.CompletionMode != jobs.IndexedCompletion || *job.Spec.Completions != 20 || *job.Spec.Parallelism != 20 ||
		pod.RestartPolicy != core.RestartPolicyNever || agent.Args[1] != url || agent.Resources.Requests.Cpu().String() != "2" ||
		agent.Env[0].ValueFrom.SecretKeyRef.Name != secret.Name || len(pod.Affinity.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution) != 1 {
		t.Errorf("%+v", job)
	}
	if (Fleet{Count: 0, Image: "x"}).Write(&out) == nil || (Fleet{Count: 1}).Write(&out) == nil {
		t.Error("no agents, or no image, were taken")
	}
}
