package lab

// ExpectedShares are the parts, 0 to 1, that an algorithm gives to servers of these weights over many
// decisions, while all are up; law reports whether there is such a law at all. A decision is a request
// that the balancer was free to place. algorithm is a word as in Config.
//
//	roundrobin, static-rr   the weights
//	random                  the parts of HAProxy's ring, while the servers have no load; with load
//	                        the shares go towards the weights
//	first                   all to the first server with a weight
//	leastconn, source       no law: they follow the servers' speed, and the users' addresses
func ExpectedShares(algorithm string, weights []int) (shares []float64, law bool) {
	a := newAlgorithm(algorithm)
	var servers []*server
	total := 0
	for i, w := range weights {
		if w > 0 {
			servers = append(servers, &server{id: i + 1, weight: w})
			total += w
		}
	}
	shares = make([]float64, len(weights))
	if total == 0 || a == nil {
		return shares, false
	}
	switch a.(type) {
	case *roundRobin, *staticRoundRobin:
		for _, s := range servers {
			shares[s.id-1] = float64(s.weight) / float64(total)
		}
	case *random:
		for id, share := range ringShares(newRing(servers)) {
			shares[id-1] = share
		}
	case *first:
		shares[servers[0].id-1] = 1
	default:
		return shares, false
	}
	return shares, true
}

// Shares are the ExpectedShares of the laboratory as it was configured, by the nodes' tags.
func (l *Lab) Shares() (shares map[string]float64, law bool) {
	weights := make([]int, len(l.nodes))
	for i, n := range l.nodes {
		weights[i] = n.weight()
	}
	parts, law := ExpectedShares(l.config.Algorithm, weights)
	shares = make(map[string]float64, len(parts))
	for i, n := range l.nodes {
		shares[n.Tag] = parts[i]
	}
	return shares, law
}
