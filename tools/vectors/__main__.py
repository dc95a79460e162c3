"""Write tests/vectors/trust.json and tests/vectors/policy.json."""

from tools.vectors import policy, whole

if __name__ == "__main__":
    whole.PATH.write_text(whole.text())
    policy.PATH.write_text(policy.text())
