"""Who calls, whether they may, and for whom: certificates, tokens, the policy, and the gate that asks all three."""
