package loadgen

import "testing"

// treePlan is a plan whose group is made of blocks: 12 requests in each iteration.
func treePlan(t testing.TB, plan *Plan) *Plan {
	request := plan.Groups[0].Steps[0]
	twice := &Loop{Times: Literal("2"), Index: "i"}
	items := &Loop{Each: &Each{Name: "item", Of: []*Template{Literal("anvil"), Literal("bolt")}}}
	again := request
	again.When = condition(t, `status == 200 and item != "c"`, "item")
	plan.Groups[0].Steps = []Step{
		{Once: true, Steps: []Step{{Mark: "first"}}},
		{Transaction: &Transaction{Label: "checkout"}, Steps: []Step{
			{Loop: twice, Steps: []Step{
				{Pick: &Pick{Weights: []float64{1, 2}}, Steps: []Step{request, {Steps: []Step{request}}}},
				{Pick: &Pick{Choice: InTurn}, Steps: []Step{request, request}},
				{Pick: &Pick{Choice: Shuffled}, Steps: []Step{request, {Mark: "shuffled"}}},
			}},
		}},
		{Loop: items, Steps: []Step{again, {Jump: NextPass}, request}},
		{Loop: &Loop{While: condition(t, `status == 200`)}, Steps: []Step{request, {Jump: BreakLoop}}},
		{Share: &Share{Part: 0.5}, Steps: []Step{{Mark: "half"}}},
		{Pace: &Pace{Rate: 1e9}},
		{Counter: &Counter{Name: "n", Start: 1, Step: 1, End: 9}},
		request, request, request,
	}
	return plan
}

// A user's way through a tree costs no more memory than its requests: none.
func TestNoAllocationPerTree(t *testing.T) {
	u := readyUser(t, treePlan(t, labPlan(t, labServer(t), 1)))
	drain := u.runner.recorder.drain
	started := u.account.Started
	iterateOnce(t, u)
	if n := u.account.Started - started; n != 12 {
		t.Fatalf("%d requests in an iteration, want 12", n)
	}
	for range 2 { // both buffers of the shard reach their size
		for range 100 {
			iterateOnce(t, u)
		}
		drain()
	}
	if n := testing.AllocsPerRun(90, func() { iterateOnce(t, u) }); n != 0 {
		t.Errorf("%v allocations per iteration", n)
	}
}

// BenchmarkSteps is what the way through a tree costs without its requests: a loop of a pass, a test and a pick.
func BenchmarkSteps(b *testing.B) {
	plan := labPlan(b, labServer(b), 1)
	idle := Step{When: condition(b, "status == 1"), Mark: "never"}
	plan.Groups[0].Steps = append(plan.Groups[0].Steps, Step{Loop: &Loop{Times: Literal("1000")}, Steps: []Step{
		{Pick: &Pick{Choice: InTurn}, Steps: []Step{idle, idle}},
	}})
	u := readyUser(b, plan)
	b.ReportAllocs()
	for b.Loop() {
		iterateOnce(b, u)
		u.runner.recorder.drain()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/pass")
}
