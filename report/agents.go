package report

// Agent is one machine of a run on many: what it did, by its own account, and its own judgement of itself.
type Agent struct {
	Agent string `json:"agent"`
	Host  string `json:"host"`
	// Users are the first and the last of those that it ran, from 0, a pair for each group of the plan.
	Users []int `json:"users"`
	// Started = OK + Failed + Cut are its requests. Those of an agent that was lost are what arrived, and Cut its users
	// that were at work.
	Started int64 `json:"started"`
	OK      int64 `json:"ok"`
	Failed  int64 `json:"failed"`
	Cut     int64 `json:"cut"`
	// SkewMS is how far its clock was ahead of the coordinator's, to within UncertainMS.
	SkewMS      float64 `json:"skew_ms"`
	UncertainMS float64 `json:"skew_uncertain_ms"`
	// Generator is what the run was like for the machine.
	Generator *Generator `json:"generator"`
	// WireBytes are those of its samples on their way to the coordinator.
	WireBytes int64 `json:"wire_bytes"`
	// Lost is why the agent did not come to its end; absent if it did.
	Lost string `json:"lost,omitempty"`
}
