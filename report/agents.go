package report

// Asked is what a plan asks for, and what all machines of a run on many did of it.
type Asked struct {
	// Users have come to their end.
	Users   int64 `json:"users"`
	OfUsers int64 `json:"of_users"`
	// Iterations are those of closed groups that only their number bounds; LeftOut are those of users whom the plan itself
	// ended before, by an error, a step, or for want of data.
	Iterations   int64 `json:"iterations"`
	LeftOut      int64 `json:"left_out"`
	OfIterations int64 `json:"of_iterations"`
	// Arrivals began, or were dropped; OfArrivals is 0 where their number is left to chance, or there are none.
	Arrivals   int64 `json:"arrivals"`
	OfArrivals int64 `json:"of_arrivals"`
}

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
