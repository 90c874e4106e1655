"""Training: from rollouts of many cars to a policy.

`ppo` is the algorithm, on one page each with `rollout_buffer`, `advantages` and `networks`;
`trainer.Trainer` is the loop around it, and `run_config.RunConfig` all that one decides beforehand.
Nothing here knows ROS.
"""
