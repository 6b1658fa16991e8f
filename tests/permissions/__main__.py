"""`python -m tests.permissions`: writes the table of needs anew, from the policies as they are committed."""

from tests.permissions import needs, policies

if __name__ == "__main__":
    needs.write(policies.permissions())
