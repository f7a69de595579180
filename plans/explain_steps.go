package plans

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"stickbench/internal/redact"
	"stickbench/loadgen"
)

// StepWords are steps in short: what is requested and when, with the blocks around.
func StepWords(steps []loadgen.Step) string {
	var words []string
	for i := range steps {
		s := &steps[i]
		switch {
		case s.Request != nil:
			words = append(words, s.Request.Method+" "+s.Request.URL.String())
		case s.Mark == "":
			words = append(words, kindWords(s))
		}
		if s.Steps != nil {
			words[len(words)-1] += " (" + StepWords(s.Steps) + ")"
		}
	}
	return strings.Join(words, ", ")
}

// stepWords say what a step does, and those below it, each with its number.
func stepWords(number string, s *loadgen.Step) string {
	words := number + " " + kindWords(s)
	if s.When != nil {
		words += "\n   when " + oneLine(s.When.Source())
	}
	asserts := s.Assert
	if s.Request != nil {
		asserts = s.Request.Assert
	}
	for _, c := range asserts {
		words += "\n   asserts " + oneLine(c.Source())
	}
	if s.Request != nil {
		for _, x := range s.Request.Extract {
			words += "\n   extracts " + extractWords(&x)
		}
	}
	for i := range s.Steps {
		below := stepWords(number+strconv.Itoa(i+1)+".", &s.Steps[i])
		words += "\n   " + strings.ReplaceAll(below, "\n", "\n   ")
	}
	return words
}

func extractWords(x *loadgen.Extract) string {
	words := fmt.Sprintf("%s from %s", x.Name, x.From)
	switch {
	case x.Match == loadgen.AllMatches:
		words += ", all of them"
	case x.Match == loadgen.RandomMatch:
		words += ", one at random"
	case x.Match == loadgen.LastMatch:
		words += ", the last"
	case x.Match > 1:
		words += fmt.Sprintf(", number %d", x.Match)
	}
	if x.Template != "" {
		words += " as " + x.Template
	}
	switch {
	case x.Default != nil:
		words += fmt.Sprintf(", or else %q", *x.Default)
	case x.Optional:
		words += ", if it is there"
	}
	return words
}

func kindWords(s *loadgen.Step) string {
	switch {
	case s.Request != nil:
		return requestWords(s.Request)
	case s.Think != nil:
		return "think " + s.Think.String()
	case s.Mark != "":
		return "mark " + s.Mark
	case s.Set != nil:
		return "set " + assignmentWords(s.Set)
	case s.Counter != nil:
		return counterWords(s.Counter)
	case s.Jump != loadgen.NoJump:
		return map[loadgen.Jump]string{
			loadgen.BreakLoop: "leave the loop", loadgen.NextPass: "on with the loop's next pass", loadgen.EndIteration: "on with the next iteration",
			loadgen.EndUser: "the user stops", loadgen.EndRun: "the run stops", loadgen.CutRun: "the run stops, and what is in flight is cut"}[s.Jump]
	}
	switch words := blockWords(s); {
	case s.Name == "" && words == "":
		return "one after the other"
	case s.Name == "":
		return words
	case words == "":
		return s.Name
	default:
		return s.Name + ": " + words
	}
}

func assignmentWords(all []loadgen.Assignment) string {
	words := make([]string, len(all))
	for i, a := range all {
		words[i] = a.Name + " = " + strconv.Quote(a.Value.String())
	}
	return strings.Join(words, ", ")
}

func counterWords(c *loadgen.Counter) string {
	words := fmt.Sprintf("count %s from %d", c.Name, c.Start)
	if c.End != math.MaxInt64 {
		words += fmt.Sprintf(" to %d", c.End)
	}
	if c.Step != 1 {
		words += fmt.Sprintf(" in steps of %d", c.Step)
	}
	return words + map[loadgen.Sharing]string{loadgen.PerUser: "", loadgen.PerGroup: ", a number for each of the group's users", loadgen.PerRun: ", a number for each user of the run", loadgen.EachIteration: " in each iteration"}[c.Per]
}

func transactionWords(t *loadgen.Transaction) string {
	words := "transaction " + t.Label
	if t.Pauses {
		words += ", pauses counted"
	}
	if t.Only {
		words += ", one row for all"
	}
	return words
}

func blockWords(s *loadgen.Step) string {
	switch {
	case s.Loop != nil:
		return loopWords(s.Loop)
	case s.Once:
		return "once per user"
	case s.Transaction != nil:
		return transactionWords(s.Transaction)
	case s.Pick != nil:
		return pickWords(s.Pick)
	case s.Share != nil:
		return shareWords(s.Share)
	case s.Parallel > 0:
		return fmt.Sprintf("at the same time, at most %d", s.Parallel)
	case s.Together != nil:
		return togetherWords(s.Together)
	case s.Pace != nil:
		return paceWords(s.Pace)
	}
	return ""
}

func loopWords(l *loadgen.Loop) string {
	var words string
	switch {
	case l.Times != nil:
		words = "repeat " + l.Times.String() + " times"
	case l.While != nil:
		words = "while " + oneLine(l.While.Source())
	case l.For > 0:
		words = "again and again for " + short(l.For)
	case l.Each.Of != nil:
		list := make([]string, len(l.Each.Of))
		for i, t := range l.Each.Of {
			list[i] = strconv.Quote(t.String())
		}
		words = "for each " + l.Each.Name + " of " + strings.Join(list, ", ")
	default:
		words = "for each " + l.Each.Name + " of " + l.Each.List
	}
	if l.Index != "" {
		words += ", the pass is " + l.Index
	}
	return words
}

func pickWords(p *loadgen.Pick) string {
	switch {
	case p.Choice == loadgen.InTurn:
		return "one of them, in turn"
	case p.Choice == loadgen.Shuffled:
		return "all of them, in random order"
	case p.Weights == nil:
		return "one of them, at random"
	}
	weights := make([]string, len(p.Weights))
	for i, w := range p.Weights {
		weights[i] = plain(w)
	}
	return "one of them, at random as " + strings.Join(weights, " : ")
}

func shareWords(s *loadgen.Share) string {
	if s.Times == 0 {
		return fmt.Sprintf("in %s%% of the times", plain(math.Round(s.Part*1e8)/1e6))
	}
	return fmt.Sprintf("the first %d times", s.Times) + map[loadgen.Sharing]string{loadgen.PerUser: " of each user", loadgen.PerGroup: " of the group's users", loadgen.PerRun: " of all users"}[s.Per]
}

func togetherWords(t *loadgen.Together) string {
	words := "wait for each other, all users"
	if t.Users > 0 {
		words = fmt.Sprintf("wait for each other, %s", counted(int64(t.Users), "user"))
	}
	if t.Timeout > 0 {
		words += ", at most " + short(t.Timeout)
	}
	return words
}

func paceWords(p *loadgen.Pace) string {
	words := "at most " + rateWords(p.Rate) + map[loadgen.Sharing]string{loadgen.PerUser: " per user", loadgen.PerGroup: " of the group", loadgen.PerRun: " of all users"}[p.Per]
	if p.Spread == loadgen.Poisson {
		words += ", at random (Poisson)"
	}
	return words
}

// dataWords say what lines there are, and how they are dealt out.
func (p *Plan) dataWords() []string {
	var all []string
	for _, d := range p.data {
		words := fmt.Sprintf("%s: %s; %s, ", d.Name, strings.Join(d.Columns, ", "), counted(int64(len(d.Lines.Bounds)), "line"))
		words += map[loadgen.Order]string{loadgen.AsWritten: "", loadgen.ShuffleOnce: "shuffled, ", loadgen.AnyTime: "in random order, "}[d.Order]
		words += map[loadgen.Sharing]string{loadgen.PerUser: "every user has all of them", loadgen.PerGroup: "shared by the users of each group", loadgen.PerRun: "shared by all users"}[d.Per]
		if d.ForLife {
			words += ", one for a user's whole life"
		}
		words += map[loadgen.AtEnd]string{loadgen.EndUsers: ", users without one stop", loadgen.GiveEOF: ", then <EOF>"}[d.AtEnd]
		all = append(all, words)
	}
	return all
}

// words are the variables as the plan words them.
func (v *variables) words() []string {
	var all []string
	for _, name := range v.table.inOrder() {
		switch value := v.table.values[name].(type) {
		case string:
			all = append(all, v.wordsOf(name, strconv.Quote(value)))
		case map[string]any:
			all = append(all, v.wordsOf(name, "asked for"))
		default:
			all = append(all, v.wordsOf(name, plain(value)))
		}
	}
	return all
}

func (v *variables) wordsOf(name, value string) string {
	switch {
	case v.given(name):
		return name + ", given by --set"
	case redact.Secret(name):
		return name
	}
	return name + " = " + value
}

// Requests is how many requests the plan makes, redirects not counted.
func (p *Plan) Requests() Count {
	var c Count
	for i := range p.Load.Groups {
		g := &p.Load.Groups[i]
		each, once := passes(g.Steps), Count{}
		for s := range loadgen.All(g.Steps) {
			if s.Once {
				once = once.plus(passes(s.Steps))
			}
		}
		c.Most = c.Most || g.Duration > 0 || g.OnError != loadgen.Continue || g.Arrivals != nil
		c.Open = c.Open || iterationsOf(g) == 0
		c.About = c.About || g.Arrivals != nil && g.Arrivals.Spread == loadgen.Poisson
		c = c.plus(each.times(iterationsOf(g))).plus(once.times(int64(g.Users)))
	}
	return c
}

func (c Count) plus(d Count) Count {
	return Count{N: add(c.N, d.N), Most: c.Most || d.Most, Open: c.Open || d.Open, About: c.About || d.About, Pages: c.Pages || d.Pages}
}

func (c Count) times(n int64) Count {
	c.N = product(n, c.N)
	return c
}

// passes is how many requests one pass through steps makes, without those of steps that are done once.
func passes(steps []loadgen.Step) Count {
	var sum Count
	for i := range steps {
		sum = sum.plus(requestsOf(&steps[i]))
	}
	return sum
}

func requestsOf(s *loadgen.Step) Count {
	c := passes(s.Steps)
	switch {
	case s.Request != nil:
		c.N, c.Pages = 1, s.Request.Resources != nil
	case s.Once:
		c = Count{}
	case s.Loop != nil:
		c = loopCount(s.Loop, c)
	case s.Share != nil && s.Share.Times > 0:
		c.Most = c.Most || c.N > 0
	case s.Share != nil:
		c.N, c.About = int64(math.Round(float64(c.N)*s.Share.Part)), true
	case s.Pick != nil && s.Pick.Choice != loadgen.Shuffled:
		c = pickCount(s)
	}
	c.Most = c.Most || s.When != nil && c.N > 0 || jumps(s)
	return c
}

// jumps reports whether a step leaves out others.
func jumps(s *loadgen.Step) bool { return s.Jump != loadgen.NoJump }

func loopCount(l *loadgen.Loop, c Count) Count {
	switch {
	case l.Times != nil:
		text, known := l.Times.Known()
		n, _ := strconv.ParseInt(text, 10, 64)
		c.Open = c.Open || !known
		return c.times(n)
	case l.Each != nil && l.Each.Of != nil:
		return c.times(int64(len(l.Each.Of)))
	}
	c.Open = c.Open || c.N > 0
	return c
}

// pickCount is the count of any of the steps where they are alike, or else the most of them.
func pickCount(s *loadgen.Step) Count {
	var most Count
	for i := range s.Steps {
		c := requestsOf(&s.Steps[i])
		most.Most = most.Most || c.Most || i > 0 && c.N != most.N
		most.Open, most.About, most.Pages = most.Open || c.Open, most.About || c.About, most.Pages || c.Pages
		most.N = max(most.N, c.N)
	}
	return most
}
