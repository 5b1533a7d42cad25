"""What production needs beside the code, and the audit of what is installed there."""
