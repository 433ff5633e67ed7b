-- How many employees did each department hire for each job, quarter by quarter of the year?
-- Grain: (department, job), only pairs with at least one hire. Reads dw.employees, dw.departments, dw.jobs.
select
  departments.department_name as department,
  jobs.job_name as job,
  count(*) filter (where quarter(employees.hiring_date) = 1) as q1,
  count(*) filter (where quarter(employees.hiring_date) = 2) as q2,
  count(*) filter (where quarter(employees.hiring_date) = 3) as q3,
  count(*) filter (where quarter(employees.hiring_date) = 4) as q4
from dw.employees
join dw.departments using (department_id)
join dw.jobs using (job_id)
where employees.hiring_date >= make_timestamp($year, 1, 1, 0, 0, 0)
  and employees.hiring_date < make_timestamp($year + 1, 1, 1, 0, 0, 0)
group by departments.department_name, jobs.job_name
order by department, job
